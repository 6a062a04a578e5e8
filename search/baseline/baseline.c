/* SPDX-License-Identifier: MIT */
#include "search/baseline/baseline_internal.h"

#include <math.h>

#include "search/solve/grid.h"

/* The order is that of the tables people see. */
const struct baseline baselines[BASELINES] = {
    { "enumeration", "every choice tried", &rule_all },
    { "descent_many", "coordinate descent, 6 starts", &rule_descent_many },
    { "descent", "coordinate descent, 1 start", &rule_descent },
    { "greedy", "greedy: add the best exit", &rule_greedy },
    { "independent_repaired", "independent exits, judged on the data",
        &rule_independent_repaired },
    { "independent", "independent exits, at face value", &rule_independent },
    { "shared", "one threshold for all exits", &rule_shared },
    { "geometric", "geometric shares (MSDNet)", &rule_geometric },
    { "eenet", "shares to quantiles (EENet)", &rule_eenet },
    { "branchynet", "coarse grid screened (BranchyNet)", &rule_branchynet },
    { "peax", "released objective of PEAX", &rule_peax },
};

void
found_offer(struct found *f, const struct prob *p, const struct pick *pick)
{
    bool allowed = prob_allows(p, &pick->lab);
    const struct pick *n = &f->nearest;

    if (allowed && pick->right >= p->floor && pick_better(pick, &f->best))
        f->best = *pick;
    if (n->cost == INT64_MAX || allowed > f->nearest_allowed ||
        (allowed == f->nearest_allowed &&
            (pick->right > n->right ||
                (pick->right == n->right && pick->cost < n->cost)))) {
        f->nearest = *pick;
        f->nearest_allowed = allowed;
    }
}

void
found_try(struct found *f, const struct prob *p, const struct labels *lab,
    struct pick *out)
{
    struct pick pick;

    brake_count(&f->brake, p->n * ((size_t)p->k + 1));
    prob_eval(p, lab, &pick);
    found_offer(f, p, &pick);
    if (out != NULL)
        *out = pick;
}

uint16_t
label_at_least(const struct prob *p, int j, double v)
{
    int passed = grid_bin(p->threshold[j], p->top[j], v); /* those <= v */

    if (passed > 0 && p->threshold[j][passed - 1] == v)
        passed--;
    return (uint16_t)passed;
}

/* Turn what a rule found into the caller's words. */
static enum status
report(const struct prob *p, const struct solve_data *d, const struct found *f,
    struct baseline_result *out, struct err *err)
{
    bool meets = f->best.cost != INT64_MAX;
    const struct pick *pick = meets ? &f->best : &f->nearest;

    out->stopped = f->brake.stopped;
    out->cost = f->cost;
    out->right = f->right;
    if (pick->cost == INT64_MAX) {
        out->status = BASELINE_NONE;
        out->why = f->brake.stopped ? "it was stopped before it had a plan"
                   : f->why         ? f->why
                                    : "it has no plan for this problem";
        return ST_OK;
    }
    out->status = meets                ? BASELINE_MEETS
                  : f->nearest_allowed ? BASELINE_FLOOR
                                       : BASELINE_LIMIT;
    prob_plan(p, &pick->lab, &out->plan);
    return solve_eval(d, &out->plan, &out->tally, err);
}

enum status
baseline_run(const struct baseline *b, const struct solve_data *d,
    const struct solve_options *o, struct baseline_result *out, struct err *err)
{
    struct found f = { .best.cost = INT64_MAX,
        .nearest.cost = INT64_MAX,
        .cost = NAN,
        .right = NAN,
        .brake = { .watch = o->watch,
            .ctx = o->watch_ctx,
            .at = { .upper = INT64_MAX } } };
    struct prob p;
    enum status st;

    *out = (struct baseline_result){ .status = BASELINE_NONE };
    if ((st = prob_init(&p, d, o, err)) != ST_OK)
        return st;
    if (p.empty)
        f.why = "the limits contradict each other";
    else
        st = b->rule->run(&p, o, &f, err);
    if (st == ST_OK)
        st = report(&p, d, &f, out, err);
    prob_clear(&p);
    return st;
}
