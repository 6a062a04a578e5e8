/* SPDX-License-Identifier: MIT */
#include "tests/unit/certify/population.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Normal, by Box and Muller. */
static double
normal(struct rng *rng)
{
    double u = 1 - rng_unit(rng), v = rng_unit(rng);

    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static void
room(struct population *p, size_t n, int exits)
{
    p->score = calloc(n * (size_t)exits, sizeof(*p->score));
    p->right = calloc(n * (size_t)exits, 1);
    p->group = calloc(n, sizeof(*p->group));
    p->data = (struct solve_data){ .n = n,
        .exits = exits,
        .score = p->score,
        .right = p->right,
        .segment = p->segment,
        .head = p->head };
}

void
population_make(struct population *p, size_t n, int exits, size_t len,
    double noise, uint64_t seed)
{
    struct rng rng = { .state = seed };
    double shared = 0;

    *p = (struct population){ 0 };
    room(p, n, exits);
    for (int e = 0; e < exits; e++) {
        p->segment[e] = 100000;
        p->head[e] = e < exits - 1 ? 3000 : 0;
    }
    for (size_t i = 0; i < n; i++) {
        double z = normal(&rng), q = normal(&rng), hard;

        if (i % len == 0)
            shared = normal(&rng);
        hard = len > 1 ? 0.8 * shared + 0.6 * normal(&rng) : shared;
        p->group[i] = (uint32_t)(i / len);
        for (int e = 0; e < exits; e++) {
            double x = 1 - (double)e / (exits - 1);
            double margin = 0.35 + 1.1 * (1 - pow(x, 1.8)) - hard + 0.5 * z;

            p->right[(size_t)e * n + i] = margin > 0;
            p->score[(size_t)e * n + i] =
                round(500 / (1 + exp(-2.2 * (margin + noise * q)))) / 500;
            z = 0.7 * z + sqrt(0.51) * normal(&rng);
            q = 0.7 * q + sqrt(0.51) * normal(&rng);
        }
    }
    if (len == 1) {
        free(p->group);
        p->group = NULL;
    }
}

void
population_draw(struct population *p, const struct population *from, size_t n,
    struct rng *rng)
{
    size_t len = 1, at = 0, id = 0;
    int exits = from->data.exits;

    if (from->group != NULL)
        while (from->group[len] == from->group[0])
            len++;
    *p = (struct population){ 0 };
    memcpy(p->segment, from->segment, sizeof(p->segment));
    memcpy(p->head, from->head, sizeof(p->head));
    room(p, n, exits);
    for (; at + len <= n; at += len, id++) {
        size_t g = (size_t)rng_below(rng, from->data.n / len) * len;

        for (size_t i = 0; i < len; i++) {
            p->group[at + i] = (uint32_t)id * 7;
            for (size_t e = 0; e < (size_t)exits; e++) {
                p->score[e * n + at + i] =
                    from->score[e * from->data.n + g + i];
                p->right[e * n + at + i] =
                    from->right[e * from->data.n + g + i];
            }
        }
    }
    p->data.segment = p->segment;
    p->data.head = p->head;
    if (from->group == NULL) {
        free(p->group);
        p->group = NULL;
    }
}

void
population_free(struct population *p)
{
    free(p->score);
    free(p->right);
    free(p->group);
    *p = (struct population){ 0 };
}

double
population_loss(
    const struct population *p, const struct solve_plan *plan, bool flips)
{
    const struct solve_data *d = &p->data;
    int64_t lost = 0;

    for (size_t i = 0; i < d->n; i++) {
        int e = 0, was = d->right[(size_t)(d->exits - 1) * d->n + i], now;

        while (e < d->exits - 1 &&
               !(plan->kept >> e & 1 &&
                   d->score[(size_t)e * d->n + i] >= plan->threshold[e]))
            e++;
        now = d->right[(size_t)e * d->n + i];
        lost += flips ? was > now : was - now;
    }
    return (double)lost / (double)d->n;
}
