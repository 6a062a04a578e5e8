/* SPDX-License-Identifier: MIT */
/* eval.c -- what a plan does to data: the meaning of a plan, and nothing
 * else. */
#include "search/solve/prob.h"

#include <math.h>

static enum status
check_plan(
    const struct solve_data *d, const struct solve_plan *p, struct err *err)
{
    if (!(p->kept >> (d->exits - 1) & 1) ||
        (d->exits < SOLVE_EXITS_MAX && p->kept >> d->exits != 0))
        return err_set(err, ST_INVALID, "search.input",
            "the plan is not one for %d exits, the last of them kept",
            d->exits);
    for (int e = 0; e < d->exits - 1; e++)
        if (p->kept >> e & 1 && isnan(p->threshold[e]))
            return err_set(err, ST_INVALID, "search.input",
                "exit %d: the threshold is not a number", e);
    return ST_OK;
}

static int
leaves_at(const struct solve_data *d, const struct solve_plan *p, size_t i)
{
    for (int e = 0; e < d->exits - 1; e++)
        if (p->kept >> e & 1 &&
            d->score[(size_t)e * d->n + i] >= p->threshold[e])
            return e;
    return d->exits - 1;
}

enum status
solve_eval(const struct solve_data *d, const struct solve_plan *p,
    struct solve_tally *out, struct err *err)
{
    int64_t path[SOLVE_EXITS_MAX];
    enum status st;

    *out = (struct solve_tally){ 0 };
    if ((st = prob_check_data(d, err)) != ST_OK ||
        (st = check_plan(d, p, err)) != ST_OK)
        return st;
    for (int e = 0; e < d->exits; e++) {
        out->worst += d->segment[e];
        if (p->kept >> e & 1)
            out->worst += d->head[e];
        path[e] = out->worst;
    }
    for (size_t i = 0; i < d->n; i++) {
        int64_t w = d->weight ? d->weight[i] : 1;
        int e = leaves_at(d, p, i);

        out->n += w;
        out->cost += w * path[e];
        out->left[e] += w;
        out->left_right[e] += w * d->right[(size_t)e * d->n + i];
    }
    for (int e = 0; e < d->exits; e++)
        out->right += out->left_right[e];
    return ST_OK;
}

void
solve_plan_full(const struct solve_data *d, struct solve_plan *out)
{
    *out = (struct solve_plan){ .kept = UINT64_C(1) << (d->exits - 1) };
}
