/* SPDX-License-Identifier: MIT */
/* dual_filter.c -- labels that no cheaper choice can have, and the bounds
 * that the walk inside a box goes by. */
#include <stdlib.h>
#include <string.h>

#include "search/solve/dual_rows.h"

/* Sums over rows of what a state at one exit adds to the row's best. */
struct excess {
    int64_t *by_bin;      /* [top + 1]: accepted less refused */
    int64_t refused, off; /* of all rows */
};

/* Add a block of rows, exit by exit. */
static void
add_block(const struct dual *d, const struct box *b, size_t from, size_t m,
    struct excess *x)
{
    struct rows_forced f;

    rows_least(d, b, from, m, d->on, d->gone);
    rows_forced_start(&f, m);
    for (int e = 0; e < d->k; e++) {
        const uint16_t *bin = d->p->bin + (size_t)e * d->n + from;
        const int32_t *weight = d->p->weight + from, *best = d->on[0];

        size_t live = rows_live(d, e, from, m);

        rows_force(d, b, e, from, live, &f);
        for (size_t i = 0; i < live; i++) {
            int64_t w = weight[i], refused = f.refused[i];

            x[e].by_bin[bin[i]] += w * (f.accepted[i] - refused);
            x[e].refused += w * (refused - best[i]);
            x[e].off += w * ((int64_t)f.off[i] - best[i]);
        }
    }
}

/* Keep what is below the cut of exit e; false if nothing is. */
static bool
cut_exit(
    struct dual *d, struct box *b, int e, const struct excess *x, int64_t cut)
{
    struct span *s = &b->at[e];
    int64_t base = d->bound - d->exits + x->refused, above = 0;
    int label[SOLVE_EXITS_MAX], first = -1, last = -1;
    int64_t kept = dual_exits(d, b, e, 1, label);

    /* Rows of bins over the last label's are the first that it accepts. */
    for (int c = d->p->top[e]; c > s->lo + s->m; c--)
        above += x->by_bin[c];
    for (int c = s->lo + s->m - 1; c >= s->lo; c--) {
        above += x->by_bin[c + 1];
        if (base + kept + d->worth[e][c] + above < cut) {
            first = c;
            last = last < 0 ? c : last;
        }
    }
    if (s->off &&
        d->bound - d->exits + x->off + dual_exits(d, b, e, 0, label) >= cut)
        s->off = false;
    s->m = (uint16_t)(first < 0 ? 0 : last - first + 1);
    s->lo = (uint16_t)(first < 0 ? 0 : first);
    return s->m > 0 || s->off;
}

bool
dual_filter(struct dual *d, struct box *b, int64_t cut)
{
    struct excess x[SOLVE_EXITS_MAX];
    bool left = true;

    for (int e = 0; e < d->k; e++) {
        x[e] = (struct excess){ .by_bin = d->excess[e] };
        memset(d->excess[e], 0,
            ((size_t)d->p->top[e] + 1) * sizeof(*d->excess[e]));
    }
    for (size_t from = 0; from < d->n; from += ROWS_BLOCK) {
        size_t m = d->n - from < ROWS_BLOCK ? d->n - from : ROWS_BLOCK;

        add_block(d, b, from, m, x);
    }
    for (int e = 0; e < d->k && left; e++)
        left = cut_exit(d, b, e, &x[e], cut);
    return left;
}

void
dual_tails(struct dual *d, const struct box *b, int32_t *tail, int64_t *rest)
{
    for (int j = 0; j <= d->k; j++)
        rest[j] = (int64_t)d->wrong * d->p->floor;
    for (int j = d->k - 1; j >= 0; j--) {
        int64_t worth = INT64_MAX;

        for (int c = 0; c <= d->p->top[j]; c++)
            if (box_has(d->p, b, j, c) && d->worth[j][c] < worth)
                worth = d->worth[j][c];
        rest[j] = rest[j + 1] + worth;
    }
    for (size_t from = 0; from < d->n; from += ROWS_BLOCK) {
        size_t m = d->n - from < ROWS_BLOCK ? d->n - from : ROWS_BLOCK;

        rows_least(d, b, from, m, d->on, d->gone);
        for (int j = 0; j <= d->k; j++)
            for (size_t i = 0; i < m; i++) {
                tail[(size_t)j * d->n + from + i] = d->on[j][i] - d->gone[j][i];
                rest[j] += (int64_t)d->p->weight[from + i] * d->gone[j][i];
            }
    }
}
