/* SPDX-License-Identifier: MIT */
#include "unit/solve/brute.h"

#include <string.h>

uint64_t
brute_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

int
brute_below(uint64_t *state, int n)
{
    return (int)(brute_random(state) % (uint64_t)n);
}

static void
make_limits(struct brute_case *c, uint64_t *s)
{
    struct solve_options *o = &c->options;
    int early = c->data.exits - 1;

    if (brute_below(s, 3) == 0)
        o->max_early = brute_below(s, early + 1);
    if (brute_below(s, 3) == 0)
        o->worst_case = brute_below(s, 120);
    for (int e = 0; e < early; e++) {
        int what = brute_below(s, 8);

        o->forced |= (uint64_t)(what == 0) << e;
        o->forbidden |= (uint64_t)(what == 1) << e;
    }
    if (brute_below(s, 3) == 0) {
        for (int e = 0; e <= early; e++)
            c->ppm[e] = (uint32_t)brute_below(s, 3) * 400000;
        o->min_right_ppm = c->ppm;
    }
}

void
brute_make(struct brute_case *c, uint64_t number, bool limits)
{
    uint64_t s = number * UINT64_C(0x2545f4914f6cdd1d) + 1;
    int exits = 1 + brute_below(&s, 4 + (number % 16 == 0));
    int n = number % 10 == 0 ? 1 : 1 + brute_below(&s, 20);
    int levels = 1 + brute_below(&s, 5), skill = brute_below(&s, 4);
    int dear = brute_below(&s, 3) * 15, weigh = brute_below(&s, 4);
    int64_t total = 0;

    memset(c, 0, sizeof(*c));
    for (int e = 0; e < exits; e++) {
        c->segment[e] = brute_below(&s, 20);
        c->head[e] = dear ? brute_below(&s, dear) : 0;
        for (int i = 0; i < n; i++) {
            int score = brute_below(&s, levels);

            /* From answers that have nothing to do with the score (0) to
             * such as grow more often right with it. */
            c->score[e * n + i] = score - 2;
            c->right[e * n + i] = skill == 3 || brute_below(&s, levels + 1) <
                                                    (skill ? score * skill : 2);
        }
    }
    for (int i = 0; i < n; i++) {
        c->weight[i] = weigh ? 1 : 1 + (uint32_t)brute_below(&s, 4);
        total += c->weight[i];
    }
    c->data = (struct solve_data){ .n = (size_t)n,
        .exits = exits,
        .score = exits > 1 ? c->score : NULL,
        .right = c->right,
        .weight = weigh ? NULL : c->weight,
        .segment = c->segment,
        .head = c->head };
    solve_options_init(&c->options);
    c->options.floor = brute_below(&s, (int)total + 2);
    c->options.grid =
        brute_below(&s, 3) ? SOLVE_GRID_ALL : 1 + brute_below(&s, 4);
    c->options.seed = number;
    if (limits)
        make_limits(c, &s);
}

void
brute_eval(const struct solve_data *d, const struct solve_plan *p,
    struct solve_tally *out)
{
    memset(out, 0, sizeof(*out));
    for (int e = 0; e < d->exits; e++)
        out->worst += d->segment[e] + (p->kept >> e & 1 ? d->head[e] : 0);
    for (size_t i = 0; i < d->n; i++) {
        int64_t w = d->weight ? d->weight[i] : 1;

        out->n += w;
        for (int e = 0; e < d->exits; e++) {
            bool kept = p->kept >> e & 1, last = e == d->exits - 1;

            out->cost += w * (d->segment[e] + (kept ? d->head[e] : 0));
            if (!last && !(kept && d->score[e * d->n + i] >= p->threshold[e]))
                continue;
            out->left[e] += w;
            out->left_right[e] += w * d->right[e * d->n + i];
            out->right += w * d->right[e * d->n + i];
            break;
        }
    }
}

bool
brute_allows(const struct solve_data *d, const struct solve_options *o,
    const struct solve_plan *p)
{
    struct solve_tally t;
    int early = 0;

    brute_eval(d, p, &t);
    for (int e = 0; e < d->exits; e++) {
        early += e < d->exits - 1 && p->kept >> e & 1;
        if (o->forced >> e & 1 && !(p->kept >> e & 1))
            return false;
        if (o->forbidden >> e & 1 && p->kept >> e & 1)
            return false;
        if (o->min_right_ppm && t.left[e] > 0 &&
            t.left_right[e] * 1000000 < t.left[e] * o->min_right_ppm[e])
            return false;
    }
    return t.worst <= o->worst_case &&
           (o->max_early == SOLVE_ANY_EXITS || early <= o->max_early);
}

/* Candidate thresholds of exit e: every sample, as often as it weighs, is
 * written down in order; then the wanted places are read off. */
int
brute_candidates(const struct brute_case *c, int e, double *out)
{
    static double all[BRUTE_N * 4];
    int m = 0, distinct = 0, n = 0, grid = c->options.grid;

    for (size_t i = 0; i < c->data.n; i++)
        for (uint32_t w = 0; w < (c->data.weight ? c->weight[i] : 1); w++)
            all[m++] = c->score[(size_t)e * c->data.n + i];
    for (int i = 1; i < m; i++)
        for (int j = i; j > 0 && all[j] < all[j - 1]; j--) {
            double t = all[j];

            all[j] = all[j - 1];
            all[j - 1] = t;
        }
    for (int i = 0; i < m; i++)
        distinct += i == 0 || all[i] != all[i - 1];
    for (int i = 0; i < m; i++) {
        bool wanted = grid == SOLVE_GRID_ALL || distinct <= grid;

        for (int j = 0; !wanted && j < grid; j++)
            wanted = i == j * m / grid;
        if (wanted && (n == 0 || out[n - 1] != all[i]))
            out[n++] = all[i];
    }
    return n;
}

static void
try_plans(const struct brute_case *c, double cand[][BRUTE_N * 4],
    const int *n_cand, int e, struct solve_plan *p, struct brute_answer *out)
{
    struct solve_tally t;

    if (e < BRUTE_E && e < c->data.exits - 1) {
        try_plans(c, cand, n_cand, e + 1, p, out);
        p->kept |= UINT64_C(1) << e;
        for (int i = 0; i < n_cand[e]; i++) {
            p->threshold[e] = cand[e][i];
            try_plans(c, cand, n_cand, e + 1, p, out);
        }
        p->kept &= ~(UINT64_C(1) << e);
        return;
    }
    if (!brute_allows(&c->data, &c->options, p))
        return;
    brute_eval(&c->data, p, &t);
    out->any = true;
    if (t.right > out->most)
        out->most = t.right;
    if (t.cost < out->cheapest[t.right])
        out->cheapest[t.right] = t.cost;
    if (t.right < c->options.floor)
        return;
    if (!out->found || t.cost < out->cost ||
        (t.cost == out->cost && t.right > out->right)) {
        out->cost = t.cost;
        out->right = t.right;
    }
    out->found = true;
}

void
brute_solve(const struct brute_case *c, struct brute_answer *out)
{
    static double cand[BRUTE_E][BRUTE_N * 4];
    struct solve_plan p = { .kept = UINT64_C(1) << (c->data.exits - 1) };
    int n_cand[BRUTE_E];

    memset(out, 0, sizeof(*out));
    out->most = -1;
    for (int r = 0; r <= BRUTE_N * 4; r++)
        out->cheapest[r] = INT64_MAX;
    for (int e = 0; e < c->data.exits - 1; e++)
        n_cand[e] = brute_candidates(c, e, cand[e]);
    try_plans(c, cand, n_cand, 0, &p, out);
}
