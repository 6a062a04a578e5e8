/* SPDX-License-Identifier: MIT */
/*
 * promise.h -- the cheapest plan of which this holds: with probability at
 * least 1 - delta over the samples drawn, its loss on new samples of the same
 * kind is at most eps.
 *
 * Learn then test: some of the samples choose a front of plans, the others
 * test them (Angelopoulos et al., "Learn then Test", 2021; Laufer-Goldshtein
 * et al., "Efficiently Controlling Multiple Risks with Pareto Testing",
 * 2023).  As pure as solve.h: no file, no clock, and the same answer for the
 * same seed; calls may run side by side.
 */
#ifndef OFFRAMP_SEARCH_PROMISE_H
#define OFFRAMP_SEARCH_PROMISE_H

#include "search/certify/evidence.h"
#include "search/solve/solve.h"

enum promise_family {
    PROMISE_AUTO,   /* both below at delta / 2 each, and the cheaper plan */
    PROMISE_FRONT,  /* a front from some samples, tested on the others */
    PROMISE_SHARED, /* one threshold for all exits, tested on all samples */
};

enum promise_order {
    PROMISE_SEQUENCE,   /* from the safest on at delta each, to a failure */
    PROMISE_BONFERRONI, /* a few plans, each at its share of delta */
};

struct promise_options {
    struct promise_question question;
    enum promise_family family;
    enum promise_order order;
    double share; /* of the units that choose the front; in (0, 1) */
    uint64_t seed;
};

/* drop <= 0.01 with 0.9, exact, auto, in sequence, 0.4, seed 1. */
void promise_options_init(struct promise_options *o);

enum promise_status {
    PROMISE_CERTIFIED, /* a plan with early exits carries it */
    PROMISE_FULL,      /* only the full network, whose loss is 0, does */
    PROMISE_NONE,      /* nor does that one keep to the limits */
};

/* Why there is no (cheaper) plan. */
enum promise_reason {
    PROMISE_ALL_PASSED, /* every plan that was tested carries it */
    PROMISE_TOO_SMALL,  /* even no loss at all would show nothing */
    PROMISE_UNSURE,     /* the next plan looks good, on too few samples */
    PROMISE_TOO_RISKY,  /* the next plan's observed loss is eps or more */
    PROMISE_LIMITS,     /* the floor or the limits leave nothing to test */
    PROMISE_DEARER,     /* what passed costs more than the full network */
};

struct promise {
    enum promise_status status;
    enum promise_reason reason;
    struct solve_plan plan;     /* kept == 0 with PROMISE_NONE */
    enum promise_family family; /* that the plan, or else the news, is of */
    bool grouped;               /* units are groups */
    int64_t n_search, n_test;   /* units */
    double level;               /* that p-values were compared with */
    int64_t tried, passed;      /* plans */
    /* Of the plan on the tested units; with PROMISE_FULL all 0, and p 0. */
    int64_t plus, minus;
    double loss, p;
    int64_t needed; /* units in all (search and test), about, for the next
                       plan to pass; -1: none would do, or not known */
};

/*
 * `group`: [n], ids of the groups that samples belong to, or NULL.  What `so`
 * asks of plans holds too; its floor is one for all samples of `d`.
 * ST_INVALID: weights (a promise counts draws), exact tests of groups, or an
 * option out of its range (code "search.guarantee"); ST_NOMEM.
 */
enum status promise_make(const struct solve_data *d, const uint32_t *group,
    const struct solve_options *so, const struct promise_options *po,
    struct promise *out, struct err *err) MUST_CHECK;

#endif
