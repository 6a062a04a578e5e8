/* SPDX-License-Identifier: MIT */
/*
 * bootstrap.h -- what becomes of a plan if the costs had been measured again.
 *
 * Costs are drawn anew many times, each part (a segment or a head) from what
 * is known of it: from its stored epochs, resampled, of which the median is
 * taken as the measurement takes it; or from its interval.  Parts with the
 * same number of epochs share the rounds drawn, because one round measured
 * them all; where neighbouring epochs of a part resemble each other, rounds
 * are drawn in blocks of four.  Parts with intervals alone are drawn apart.
 *
 * As pure as solve.h; the same seed gives the same numbers.
 */
#ifndef OFFRAMP_SEARCH_BOOTSTRAP_H
#define OFFRAMP_SEARCH_BOOTSTRAP_H

#include "search/solve/solve.h"

/* One cost, in the objective's unit.  Borrowed. */
struct bootstrap_part {
    double median, lo, hi; /* 95 % interval; all equal: taken as exact */
    const double *epoch;   /* [n] in the order they were taken, or NULL */
    size_t n;
};

/* Start from bootstrap_options_init(). */
struct bootstrap_options {
    int draws;      /* 10 to 100000 */
    int solves;     /* of them searched anew, 0 to draws */
    double quantum; /* units in one step of integer costs */
    uint64_t seed;
};

enum { BOOTSTRAP_DRAWS_MIN = 10, BOOTSTRAP_DRAWS_MAX = 100000 };

/* 1000 draws, 32 solves, quantum 1, seed 1. */
void bootstrap_options_init(struct bootstrap_options *o);

/* Where the uncertainty comes from. */
enum bootstrap_source {
    BOOTSTRAP_NOTHING, /* every cost is exact: there is nothing to draw */
    BOOTSTRAP_INTERVALS,
    BOOTSTRAP_EPOCHS,
    BOOTSTRAP_BOTH,
};

struct bootstrap {
    enum bootstrap_source from;
    int draws, solves; /* fewer solves where so->watch ended them */
    /* Of the plan, per sample, in the objective's unit. */
    double median, lo, hi; /* middle and 95 % of the draws */
    /* Share of draws in which no plan found is cheaper: exact where every
     * draw was searched to a proof, else from above. */
    double chance_best;
    /* (cost - cheapest) / cheapest: mean, and the 95 % point. */
    double regret_mean, regret_hi;
};

/*
 * Draw costs for `d` (whose own costs only tell how long paths may be) and
 * judge `chosen`, the answer to `so`.  Rivals that break so->worst_case on
 * the costs of `d` do not count.  `segment` and `head` are [exits].
 * ST_INVALID: an option or a part out of range (code "search.bootstrap");
 * ST_NOMEM.
 */
enum status bootstrap_run(const struct solve_data *d,
    const struct solve_options *so, const struct solve_plan *chosen,
    const struct bootstrap_part *segment, const struct bootstrap_part *head,
    const struct bootstrap_options *o, struct bootstrap *out,
    struct err *err) MUST_CHECK;

#endif
