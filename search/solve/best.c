/* SPDX-License-Identifier: MIT */
/* best.c -- solve_best(): pick the method that fits the size, and report. */
#include "search/solve/descent.h"
#include "search/solve/enumerate.h"

/* The bound that needs no thought: everyone leaves at the first exit that
 * costs least, whatever it answers. */
static int64_t
bound_trivial(const struct prob *p)
{
    int64_t path = 0, best = INT64_MAX;

    for (int j = 0; j <= p->k; j++) {
        path += p->seg[j];
        if (path + p->head[j] < best)
            best = path + p->head[j];
    }
    return best * p->total;
}

/* Try to settle the matter by looking at everything. */
static enum status
try_all(const struct prob *p, const struct goal *g, bool *done, struct err *err)
{
    struct box all;

    box_all(p, &all);
    *done = true;
    if (box_volume(p, &all) <= ENUMERATE_MAX)
        return enumerate_box(p, &all, g, err);
    if (enumerate_few_fits(p))
        return enumerate_few(p, g, err);
    *done = false;
    return ST_OK;
}

void
solve_options_init(struct solve_options *o)
{
    *o = (struct solve_options){ .worst_case = INT64_MAX,
        .max_early = SOLVE_ANY_EXITS,
        .grid = 32,
        .seed = 1,
        .threads = 1 };
}

/* Everything that follows from the plan and the bound. */
static enum status
report(const struct prob *p, const struct solve_data *d, const struct pick *c,
    struct solve_result *out, struct err *err)
{
    if (c->cost == INT64_MAX)
        return ST_OK;
    prob_plan(p, &c->lab, &out->plan);
    if (out->status != SOLVE_INFEASIBLE) {
        out->proved = out->lower >= c->cost;
        out->status = out->proved ? SOLVE_OPTIMAL : SOLVE_FEASIBLE;
        if (!out->proved)
            out->gap = (double)(c->cost - out->lower) / (double)c->cost;
    }
    return solve_eval(d, &out->plan, &out->tally, err);
}

enum status
solve_best(const struct solve_data *d, const struct solve_options *o,
    struct solve_result *out, struct err *err)
{
    struct pick best, nearest;
    struct goal goal = { .best = &best };
    bool all = false;
    double price;
    struct prob p;
    enum status st;

    *out = (struct solve_result){ 0 };
    if ((st = prob_init(&p, d, o, err)) != ST_OK)
        return st;
    goal.floor = p.floor;
    st = descent_run(&p, o->seed, NULL, &best, &nearest, &price, err);
    if (st == ST_OK)
        st = try_all(&p, &goal, &all, err);
    if (st == ST_OK) {
        bool found = best.cost != INT64_MAX;

        out->status = found ? SOLVE_FEASIBLE : SOLVE_INFEASIBLE;
        out->proved = all || p.empty;
        out->lower = all && found ? best.cost : bound_trivial(&p);
        out->nodes = 1;
        st = report(&p, d, found ? &best : &nearest, out, err);
    }
    prob_clear(&p);
    return st;
}
