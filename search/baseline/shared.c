/* SPDX-License-Identifier: MIT */
/*
 * shared.c -- one threshold for all exits, all of them kept: the usual sweep
 * (BranchyNet's script, "Fast yet Safe").
 *
 * A row leaves at the first exit whose score reaches the threshold, so while
 * the threshold falls from the top a row moves towards earlier exits, and
 * only at the scores that are larger than all of its earlier ones.  One walk
 * over those moments, sorted, meets every threshold there is.
 */
#include <stdlib.h>

#include "search/baseline/baseline_internal.h"

/* At this threshold and below, `row` leaves at `exit` (or before). */
struct moment {
    double value;
    uint32_t row;
    uint8_t exit;
};

static int
by_value(const void *a, const void *b)
{
    const struct moment *x = a, *y = b;

    if (x->value != y->value)
        return x->value < y->value ? 1 : -1;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return x->exit - y->exit; /* the earlier exit has the last word */
}

static size_t
find_moments(const struct prob *p, struct moment *out)
{
    size_t m = 0;

    for (size_t i = 0; i < p->n; i++) {
        const double *best = NULL;

        for (int j = 0; j < p->k; j++) {
            int bin = p->bin[(size_t)j * p->n + i];
            const double *v = &p->threshold[j][bin - 1];

            if (bin == 0 || (best != NULL && *v <= *best))
                continue;
            best = v;
            out[m++] = (struct moment){ *v, (uint32_t)i, (uint8_t)j };
        }
    }
    qsort(out, m, sizeof(*out), by_value);
    return m;
}

static void
try_value(struct found *f, const struct prob *p, double v, const int64_t *left,
    int64_t right)
{
    struct pick pick = { .right = right };
    int64_t path = 0;

    for (int j = 0; j < p->k; j++)
        pick.lab.at[j] = label_at_least(p, j, v);
    for (int j = 0; j <= p->k; j++) {
        path += p->seg[j];
        if (j < p->k && prob_kept(p, &pick.lab, j))
            path += p->head[j];
        pick.cost += path * left[j];
    }
    found_offer(f, p, &pick);
}

static enum status
run(const struct prob *p, const struct solve_options *o, struct found *f,
    struct err *err)
{
    struct moment *m = malloc((p->n * (size_t)p->k + 1) * sizeof(*m));
    uint8_t *at = malloc(p->n);
    int64_t left[SOLVE_EXITS_MAX] = { 0 }, right = 0;
    struct labels none;
    enum status st = m && at ? ST_OK : err_nomem(err);
    size_t n = 0;

    (void)o;
    if (st == ST_OK) {
        n = find_moments(p, m);
        left[p->k] = p->total;
        for (size_t i = 0; i < p->n; i++) {
            at[i] = (uint8_t)p->k;
            right += p->weight[i] * p->right[(size_t)p->k * p->n + i];
        }
        for (int j = 0; j < p->k; j++)
            none.at[j] = (uint16_t)p->top[j];
        found_try(f, p, &none, NULL);
    }
    for (size_t i = 0; i < n && !brake_count(&f->brake, (size_t)p->k); i++) {
        uint32_t row = m[i].row;
        int w = p->weight[row];

        left[at[row]] -= w;
        left[m[i].exit] += w;
        right += w * (p->right[(size_t)m[i].exit * p->n + row] -
                         p->right[(size_t)at[row] * p->n + row]);
        at[row] = m[i].exit;
        if (i + 1 == n || m[i + 1].value != m[i].value)
            try_value(f, p, m[i].value, left, right);
    }
    free(m);
    free(at);
    return st;
}

const struct baseline_rule rule_shared = { run };
