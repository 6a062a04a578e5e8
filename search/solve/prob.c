/* SPDX-License-Identifier: MIT */
#include "search/solve/prob.h"

#include <stdlib.h>
#include <string.h>

#include "search/solve/check.h"
#include "search/solve/grid.h"
#include "search/solve/rows.h"

/* Limits that do not depend on which exits are left. */
static void
set_limits(
    struct prob *p, const struct solve_data *d, const struct solve_options *o)
{
    int64_t segments = d->head[d->exits - 1];

    for (int e = 0; e < d->exits; e++)
        segments += d->segment[e];
    p->floor = o->floor;
    p->max_early =
        o->max_early == SOLVE_ANY_EXITS ? SOLVE_EXITS_MAX : o->max_early;
    p->spare =
        o->worst_case == INT64_MAX ? SOLVE_COST_MAX : o->worst_case - segments;
    for (int e = 0; e < d->exits - 1; e++)
        if (o->forced >> e & 1) {
            p->spare -= d->head[e];
            p->max_early--;
        }
    p->empty = p->spare < 0 || p->max_early < 0;
}

/* Which exits are left: forced ones, and those whose head fits. */
static void
choose_exits(
    struct prob *p, const struct solve_data *d, const struct solve_options *o)
{
    int64_t skipped = 0; /* segments of exits that are gone */

    for (int e = 0; e < d->exits; e++) {
        bool last = e == d->exits - 1, forced = o->forced >> e & 1;
        bool fits = d->head[e] <= p->spare && p->max_early > 0;
        uint32_t ppm = o->min_right_ppm ? o->min_right_ppm[e] : 0;

        skipped += d->segment[e];
        if (!last && !forced && (o->forbidden >> e & 1 || !fits))
            continue;
        p->exit[p->k] = e;
        p->seg[p->k] = last ? skipped + d->head[e] : skipped;
        p->head[p->k] = last ? 0 : d->head[e];
        p->min_ppm[p->k] = ppm;
        p->strict |= ppm > 0;
        skipped = 0;
        if (last)
            break;
        p->forced |= (uint64_t)forced << p->k;
        p->k++;
    }
    /* From here on both count the forced exits again. */
    for (int j = 0; j < p->k; j++)
        if (p->forced >> j & 1) {
            p->spare += p->head[j];
            p->max_early++;
        }
}

static enum status
fill_columns(
    struct prob *p, const struct solve_data *d, int grid, struct err *err)
{
    enum status st;

    for (int j = 0; j < p->k; j++) {
        const double *score = d->score + (size_t)p->exit[j] * d->n;

        st = grid_make(score, d->weight, d->n, grid, p->exit[j],
            &p->threshold[j], &p->top[j], err);
        if (st != ST_OK)
            return st;
        for (size_t i = 0; i < d->n; i++)
            p->bin[(size_t)j * d->n + i] =
                (uint16_t)grid_bin(p->threshold[j], p->top[j], score[i]);
    }
    for (int j = 0; j <= p->k; j++)
        memcpy(p->right + (size_t)j * d->n,
            d->right + (size_t)p->exit[j] * d->n, d->n);
    for (size_t i = 0; i < d->n; i++) {
        p->weight[i] = d->weight ? (int32_t)d->weight[i] : 1;
        p->total += p->weight[i];
    }
    return ST_OK;
}

enum status
prob_init(struct prob *p, const struct solve_data *d,
    const struct solve_options *o, struct err *err)
{
    enum status st;

    *p = (struct prob){ 0 };
    if ((st = prob_check_data(d, err)) != ST_OK ||
        (st = check_options(o, d->exits, err)) != ST_OK)
        return st;
    p->n = p->samples = d->n;
    p->exits = d->exits;
    set_limits(p, d, o);
    choose_exits(p, d, o);
    p->bin = malloc(((size_t)p->k * d->n + 1) * sizeof(*p->bin));
    p->right = malloc((size_t)(p->k + 1) * d->n);
    p->weight = malloc(d->n * sizeof(*p->weight));
    p->row = malloc(d->n * sizeof(*p->row));
    if (!p->bin || !p->right || !p->weight || !p->row)
        st = err_nomem(err);
    else if ((st = fill_columns(p, d, o->grid, err)) == ST_OK)
        st = rows_join(p, err);
    for (int j = 0; j <= p->k; j++)
        p->live[j] = p->n;
    if (p->floor < 0)
        p->floor = 0;
    if (p->floor > p->total)
        p->floor = p->total + 1; /* as impossible, and adds up */
    if (st != ST_OK)
        prob_clear(p);
    return st;
}

void
prob_clear(struct prob *p)
{
    for (int j = 0; j < p->k; j++)
        free(p->threshold[j]);
    free(p->bin);
    free(p->right);
    free(p->weight);
    free(p->row);
    *p = (struct prob){ 0 };
}

void
prob_fewest(const struct prob *p, struct labels *lab)
{
    for (int j = 0; j < p->k; j++)
        lab->at[j] = p->forced >> j & 1 ? 0 : (uint16_t)p->top[j];
}

/* The exit at which row i leaves. */
static int
leaves_at(const struct prob *p, const struct labels *lab, size_t i)
{
    int j = 0;

    while (j < p->k && p->bin[(size_t)j * p->n + i] <= lab->at[j])
        j++;
    return j;
}

void
prob_eval(const struct prob *p, const struct labels *lab, struct pick *out)
{
    int64_t path[SOLVE_EXITS_MAX], sum = 0;

    for (int j = 0; j <= p->k; j++) {
        sum += p->seg[j];
        if (j < p->k && prob_kept(p, lab, j))
            sum += p->head[j];
        path[j] = sum;
    }
    out->cost = out->right = 0;
    out->lab = *lab;
    for (size_t i = 0; i < p->n; i++) {
        int j = leaves_at(p, lab, i);

        out->cost += p->weight[i] * path[j];
        out->right += p->weight[i] * p->right[(size_t)j * p->n + i];
    }
}

/* Whether enough of those who leave at each exit are right. */
static bool
exits_right_enough(const struct prob *p, const struct labels *lab)
{
    int64_t left[SOLVE_EXITS_MAX] = { 0 }, right[SOLVE_EXITS_MAX] = { 0 };

    for (size_t i = 0; i < p->n; i++) {
        int j = leaves_at(p, lab, i);

        left[j] += p->weight[i];
        right[j] += p->weight[i] * p->right[(size_t)j * p->n + i];
    }
    for (int j = 0; j <= p->k; j++)
        if (right[j] * 1000000 < left[j] * p->min_ppm[j])
            return false;
    return true;
}

bool
prob_allows(const struct prob *p, const struct labels *lab)
{
    int64_t heads = 0;
    int kept = 0;

    for (int j = 0; j < p->k; j++) {
        if (prob_kept(p, lab, j)) {
            heads += p->head[j];
            kept++;
        } else if (p->forced >> j & 1) {
            return false;
        }
    }
    if (p->empty || heads > p->spare || kept > p->max_early)
        return false;
    return !p->strict || exits_right_enough(p, lab);
}

void
prob_drop_unreached(const struct prob *p, struct labels *lab)
{
    bool all_left = false;

    for (int j = 0; j < p->k; j++) {
        if (all_left && !(p->forced >> j & 1))
            lab->at[j] = p->top[j];
        all_left = all_left || lab->at[j] == 0; /* which accepts everybody */
    }
}

void
prob_plan(
    const struct prob *p, const struct labels *lab, struct solve_plan *out)
{
    *out = (struct solve_plan){ .kept = UINT64_C(1) << (p->exits - 1) };
    for (int j = 0; j < p->k; j++)
        if (prob_kept(p, lab, j)) {
            out->kept |= UINT64_C(1) << p->exit[j];
            out->threshold[p->exit[j]] = p->threshold[j][lab->at[j]];
        }
}
