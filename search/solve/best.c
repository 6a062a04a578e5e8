/* SPDX-License-Identifier: MIT */
/* best.c -- solve_best(): pick the method that fits the size, and report. */
#include "search/solve/claim.h"
#include "search/solve/descent.h"
#include "search/solve/enumerate.h"
#include "search/solve/tree.h"

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

/* What is known in the end: the best plan, and how far the proof got. */
struct verdict {
    struct pick best, nearest;
    int64_t lower; /* nothing that meets what is asked costs less */
    uint64_t nodes;
};

/* Everything that follows from the verdict. */
static enum status
report(const struct prob *p, const struct solve_data *d,
    const struct verdict *v, struct solve_result *out, struct err *err)
{
    bool found = v->best.cost != INT64_MAX;
    struct pick c = found ? v->best : v->nearest;

    out->proved = v->lower >= v->best.cost;
    out->status = !found        ? SOLVE_INFEASIBLE
                  : out->proved ? SOLVE_OPTIMAL
                                : SOLVE_FEASIBLE;
    out->lower = v->lower > 0 ? v->lower : 0;
    out->nodes = v->nodes;
    if (found && !out->proved)
        out->gap = (double)(c.cost - out->lower) / (double)c.cost;
    if (c.cost == INT64_MAX)
        return ST_OK;
    prob_drop_unreached(p, &c.lab);
    prob_plan(p, &c.lab, &out->plan);
    return solve_eval(d, &out->plan, &out->tally, err);
}

/* The bound that needs no thought: everyone leaves at the exit that is
 * cheapest to reach, whatever it answers. */
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

/* Whether the floor is missed even if each row had its best exit. */
static bool
floor_too_high(const struct prob *p)
{
    int64_t right = 0;

    for (size_t i = 0; i < p->n; i++) {
        bool any = false;

        for (int j = 0; j <= p->k; j++)
            any |= p->right[(size_t)j * p->n + i];
        right += any ? p->weight[i] : 0;
    }
    return right < p->floor;
}

/* Go on by branch and bound from what descent found. */
static enum status
branch(const struct prob *p, const struct solve_options *o, double price,
    struct brake *brake, struct verdict *v, struct err *err)
{
    const struct tree_task task = {
        .o = o, .price = price, .walk_max = TREE_WALK_MAX, .brake = brake
    };
    struct tree_result r = { 0 };
    struct tree *tree;
    enum status st;

    if ((st = tree_new(&tree, p, o->threads, err)) != ST_OK)
        return st;
    if (v->best.cost == INT64_MAX)
        v->best.lab = v->nearest.lab;
    st = tree_search(tree, &task, &v->best, &r, err);
    tree_free(tree);
    v->nodes = r.nodes;
    if (r.lower > v->lower)
        v->lower = r.lower;
    if (v->lower > v->best.cost)
        v->lower = v->best.cost;
    return st;
}

/* Is everything looked at sooner than descent has found a start?  A choice
 * takes some 10 ns, descent about a microsecond a row and exit. */
static bool
all_is_quick(const struct prob *p)
{
    struct box all;

    box_all(p, &all);
    return box_volume(p, &all) <= ENUMERATE_MAX &&
           box_volume(p, &all) <= 100.0 * (double)p->n * p->k;
}

static enum status
settle(const struct prob *p, const struct solve_options *o, struct verdict *v,
    struct err *err)
{
    struct brake brake = { .watch = o->watch, .ctx = o->watch_ctx };
    const struct goal goal = {
        .floor = p->floor, .best = &v->best, .brake = &brake
    };
    bool hopeless = p->empty || floor_too_high(p), done = hopeless;
    double price;
    enum status st = ST_OK;

    v->best.cost = v->nearest.cost = INT64_MAX;
    brake.at =
        (struct solve_progress){ INT64_MAX, bound_trivial(p), v->nodes = 1 };
    if (!done && all_is_quick(p))
        st = try_all(p, &goal, &done, err);
    if (st == ST_OK && v->best.cost == INT64_MAX) {
        st = descent_run(p, o->seed, NULL, &v->best, &v->nearest, &price, err);
        brake.at.upper = v->best.cost;
    }
    if (st == ST_OK && !done)
        st = try_all(p, &goal, &done, err);
    done = done && !brake.stopped;
    v->lower = done ? v->best.cost : bound_trivial(p);
    if (st == ST_OK && done && o->claim != NULL)
        claim_all(p, o, !hopeless);
    if (st != ST_OK || done || brake.stopped)
        return st;
    return branch(p, o, price, &brake, v, err);
}

enum status
solve_best(const struct solve_data *d, const struct solve_options *o,
    struct solve_result *out, struct err *err)
{
    struct verdict v;
    struct prob p;
    enum status st;

    *out = (struct solve_result){ 0 };
    if ((st = prob_init(&p, d, o, err)) != ST_OK)
        return st;
    if ((st = settle(&p, o, &v, err)) == ST_OK)
        st = report(&p, d, &v, out, err);
    prob_clear(&p);
    return st;
}
