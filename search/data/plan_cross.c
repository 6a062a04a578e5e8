/* SPDX-License-Identifier: MIT */
#include "search/data/plan_cross.h"

#include "search/data/plan_promise.h"

/* The full network loses nothing, wherever it runs. */
static enum status
take_full(const struct solve_data *d, struct solve_result *r, struct err *err)
{
    struct solve_plan plan;
    enum status st;

    solve_plan_full(d, &plan);
    if (r->plan.kept == plan.kept)
        return ST_OK;
    r->plan = plan;
    if ((st = solve_eval(d, &plan, &r->tally, err)) != ST_OK)
        return st;
    r->status = SOLVE_FEASIBLE;
    r->gap = (double)(r->tally.cost - r->lower) / (double)r->tally.cost;
    return ST_OK;
}

enum status
plan_cross_find(const struct problem *p, const struct search_sure *sure,
    struct cross *out, struct err *err)
{
    return cross_floor(
        &p->cal.data, p->cal.group, &p->options, &sure->cross, out, err);
}

enum status
plan_cross_take(const struct problem *p, struct cross *c,
    struct solve_result *r, struct err *err)
{
    const struct solve_data *d = &p->cal.data;
    struct solve_options o = p->options;
    struct solve_result raised;
    enum status st;

    if (r->status == SOLVE_INFEASIBLE)
        return ST_OK;
    if (c->status == CROSS_FULL)
        return take_full(d, r, err);
    if (c->status != CROSS_MET || c->floor <= o.floor)
        return ST_OK;
    o.floor = c->floor;
    if ((st = solve_best(d, &o, &raised, err)) != ST_OK)
        return st;
    if (raised.status == SOLVE_INFEASIBLE) {
        c->status = CROSS_FULL;
        c->drop = c->error = 0;
        return take_full(d, r, err);
    }
    *r = raised;
    return ST_OK;
}

enum status
plan_cross_json(const struct problem *p, const struct cross *made,
    const struct solve_plan *without, json_t **out, struct err *err)
{
    static const char *const statuses[] = { "met", "full", "none", "stopped" };
    json_t *other;
    enum status st = plan_promise_without(p, without, &other, err);

    if (st != ST_OK)
        return st;
    *out = json_pack("{s:s,s:s,s:i,s:i,s:f,s:o,s:o,s:o,s:o}", "status",
        statuses[made->status], "unit", made->grouped ? "group" : "sample",
        "folds", made->folds, "repeats", made->repeats, "floor",
        (double)made->floor / (double)p->cal.data.n, "drop",
        json_number_or_null(made->drop), "error",
        json_number_or_null(made->error), "drop_without",
        json_number_or_null(made->plain), "without", other);
    return *out ? ST_OK : err_nomem(err);
}
