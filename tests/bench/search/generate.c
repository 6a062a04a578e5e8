/* SPDX-License-Identifier: MIT */
#include "bench/search/generate.h"

#include <math.h>
#include <stdlib.h>

#define FULL_COST 1e6

static double
uniform(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return ((double)(z >> 11) + 0.5) * 0x1p-53;
}

static double
normal(uint64_t *state)
{
    double r = sqrt(-2 * log(uniform(state)));

    return r * cos(6.283185307179586 * uniform(state));
}

/* x with share p of a normal distribution below it. */
static double
quantile(double p)
{
    double lo = -9, hi = 9;

    for (int i = 0; i < 60; i++) {
        double mid = (lo + hi) / 2;

        if (0.5 * erfc(-mid * 0.7071067811865476) < p)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

struct generate
generate_default(size_t n, int exits, uint64_t seed)
{
    return (struct generate){ .n = n,
        .exits = exits,
        .first = .60,
        .last = .92,
        .rho = .7,
        .noise = 1,
        .head = .02,
        .seed = seed };
}

static void
make_costs(const struct generate *g, uint64_t *s, struct solve_data *d)
{
    int64_t *segment = (int64_t *)d->segment, *head = (int64_t *)d->head;

    for (int e = 0; e < g->exits; e++) {
        segment[e] = llround(FULL_COST / g->exits * (0.7 + 0.6 * uniform(s)));
        head[e] = llround(FULL_COST * g->head * (0.5 + uniform(s)));
    }
    head[g->exits - 1] = 0; /* is part of the last segment */
}

static void
make_rows(const struct generate *g, uint64_t *s, struct solve_data *d)
{
    double *score = (double *)d->score, mean[SOLVE_EXITS_MAX];
    uint8_t *right = (uint8_t *)d->right;
    double fresh = sqrt(1 - g->rho * g->rho);

    for (int e = 0; e < g->exits; e++) {
        double x = g->exits > 1 ? (double)e / (g->exits - 1) : 1;
        double rise = 1 - pow(1 - x, 1.8);

        mean[e] = sqrt(1.25) * quantile(g->first + (g->last - g->first) * rise);
    }
    for (size_t i = 0; i < g->n; i++) {
        double hard = normal(s), z = normal(s), q = normal(s);

        for (int e = 0; e < g->exits; e++) {
            double margin = mean[e] - hard + 0.5 * z;

            right[(size_t)e * g->n + i] = margin > 0;
            score[(size_t)e * g->n + i] =
                1 / (1 + exp(-2.2 * (margin + g->noise * q)));
            z = g->rho * z + fresh * normal(s);
            q = g->rho * q + fresh * normal(s);
        }
    }
}

bool
generate_make(const struct generate *g, struct solve_data *d)
{
    uint64_t s = g->seed * UINT64_C(0x2545f4914f6cdd1d) + 1;
    size_t cells = g->n * (size_t)g->exits, exits = (size_t)g->exits;

    *d = (struct solve_data){ .n = g->n,
        .exits = g->exits,
        .score = malloc(cells * sizeof(double)),
        .right = malloc(cells),
        .segment = malloc(exits * sizeof(int64_t)),
        .head = malloc(exits * sizeof(int64_t)) };
    if (!d->score || !d->right || !d->segment || !d->head) {
        generate_clear(d);
        return false;
    }
    make_costs(g, &s, d);
    make_rows(g, &s, d);
    return true;
}

void
generate_clear(struct solve_data *d)
{
    free((double *)d->score);
    free((uint8_t *)d->right);
    free((int64_t *)d->segment);
    free((int64_t *)d->head);
    *d = (struct solve_data){ 0 };
}

int64_t
generate_full(const struct solve_data *d)
{
    const uint8_t *last = d->right + (size_t)(d->exits - 1) * d->n;
    int64_t sum = 0;

    for (size_t i = 0; i < d->n; i++)
        sum += last[i];
    return sum;
}
