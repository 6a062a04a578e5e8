/* SPDX-License-Identifier: MIT */
/*
 * descent_rule.c -- coordinate descent, the best of the plain heuristics: one
 * exit's threshold at a time, at a price of a wrong answer that is closed in
 * on until the floor is just met.  From the full network, or also from five
 * other starts.
 */
#include <math.h>

#include "base/rng.h"
#include "search/baseline/baseline_internal.h"
#include "search/solve/sweep.h"

enum { HALVINGS = 24, RANDOM_STARTS = 4, PASSES_MAX = 30 };

/* Passes until nothing changes, or somebody says stop. */
static void
descend(struct sweep *s, const struct prob *p, const struct aim *aim,
    struct labels *lab, struct found *f)
{
    size_t work = p->n * (size_t)p->k;

    for (int i = 0; i < PASSES_MAX && !brake_count(&f->brake, work); i++)
        if (!sweep_pass(s, aim, lab))
            return;
}

/* Settle from `start` at a price; right answers. */
static int64_t
settle(struct sweep *s, const struct prob *p, const struct labels *start,
    double price, struct found *f)
{
    struct aim aim = { .price = price };
    struct labels lab = *start;
    struct pick pick;

    descend(s, p, &aim, &lab, f);
    found_try(f, p, &lab, &pick);
    return pick.right;
}

static void
from_start(struct sweep *s, const struct prob *p, const struct labels *start,
    struct found *f)
{
    double path = 1, lo, hi;

    for (int j = 0; j <= p->k; j++)
        path += (double)(p->seg[j] + p->head[j]);
    if (settle(s, p, start, 0, f) >= p->floor ||
        settle(s, p, start, path * (double)p->total, f) < p->floor)
        return;
    lo = path / 1024;
    hi = path * 4096;
    for (int i = 0; i < HALVINGS && !f->brake.stopped; i++) {
        double mid = sqrt(lo * hi);

        if (settle(s, p, start, mid, f) >= p->floor)
            hi = mid;
        else
            lo = mid;
    }
}

/* Every exit at one of its thresholds, or as dropped as it may be where the
 * limits do not allow that. */
static void
make_start(const struct prob *p, struct rng *rng, struct labels *lab)
{
    prob_fewest(p, lab);
    for (int j = 0; j < p->k; j++) {
        uint16_t was = lab->at[j];

        lab->at[j] = (uint16_t)(rng ? rng_below(rng, (uint64_t)p->top[j] + 1)
                                    : (uint64_t)p->top[j] / 2);
        if (!prob_allows(p, lab))
            lab->at[j] = was;
    }
}

static enum status
run_starts(const struct prob *p, const struct solve_options *o, int random,
    struct found *f, struct err *err)
{
    struct rng rng = { o->seed };
    struct labels start;
    struct sweep *s;
    enum status st = sweep_new(&s, p, err);

    if (st != ST_OK)
        return st;
    prob_fewest(p, &start);
    from_start(s, p, &start, f);
    for (int i = 0; i <= random && random > 0 && !f->brake.stopped; i++) {
        make_start(p, i ? &rng : NULL, &start);
        from_start(s, p, &start, f);
    }
    /* What the price stepped over: descend along the floor itself. */
    if (f->best.cost != INT64_MAX) {
        struct aim aim = { .floored = true, .floor = p->floor };
        struct labels lab = f->best.lab;

        descend(s, p, &aim, &lab, f);
        found_try(f, p, &lab, NULL);
    }
    sweep_free(s);
    return ST_OK;
}

static enum status
run_one(const struct prob *p, const struct solve_options *o, struct found *f,
    struct err *err)
{
    return run_starts(p, o, 0, f, err);
}

static enum status
run_many(const struct prob *p, const struct solve_options *o, struct found *f,
    struct err *err)
{
    return run_starts(p, o, RANDOM_STARTS, f, err);
}

const struct baseline_rule rule_descent = { run_one };
const struct baseline_rule rule_descent_many = { run_many };
