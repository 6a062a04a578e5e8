/* SPDX-License-Identifier: MIT */
/*
 * cross.h -- how much accuracy a search has to ask for, so that new samples
 * get as much as was wanted.
 *
 * The cheapest plan that just meets a floor on the samples it was chosen on
 * misses it on others: of the many plans, it is one that these samples
 * flatter.  By how much is measured by cross-validation (Stone, "Cross-
 * validatory choice and assessment of statistical predictions", 1974): plans
 * chosen on all folds but one, at every floor from the one wanted upwards, are
 * judged on that one.  The least floor whose plans keep what was wanted is
 * the answer.  That is an expectation, not a promise: promise.h has those.
 *
 * As pure as solve.h; the same answer for the same seed.
 */
#ifndef OFFRAMP_SEARCH_CROSS_H
#define OFFRAMP_SEARCH_CROSS_H

#include "search/solve/solve.h"

enum { CROSS_FOLDS_MAX = 20, CROSS_REPEATS_MAX = 20 };

struct cross_options {
    int folds;   /* 2 to CROSS_FOLDS_MAX */
    int repeats; /* with other folds each time; 1 to CROSS_REPEATS_MAX */
    uint64_t seed;
};

/* 5 folds, twice, seed 1. */
void cross_options_init(struct cross_options *o);

enum cross_status {
    CROSS_MET,     /* plans that meet `floor` keep what was wanted */
    CROSS_FULL,    /* only the full network does, which loses nothing */
    CROSS_NONE,    /* what was wanted is out of reach; `floor` is as given */
    CROSS_STOPPED, /* the caller's watch ended it before all folds had their
                      turn: nothing is known, `floor` is as given */
};

/* NaN where nothing is known.  Drops are shares of right answers lost against
 * the full network, on samples that did not choose: below 0 where they gain. */
struct cross {
    enum cross_status status;
    int64_t floor; /* right answers of all samples to ask for */
    double drop;   /* expected of plans that meet `floor` */
    double error;  /* of that, one standard deviation of sampling */
    double plain;  /* expected of plans that meet the floor as given */
    bool grouped;
    int folds;   /* used: fewer where there are fewer groups */
    int repeats; /* done: fewer where the watch ended it */
};

/*
 * `group`: [n], ids of the groups that samples belong to, or NULL: no group is
 * parted.  so->floor is what is wanted of all samples.  ST_INVALID (code
 * "search.cross"): weights, an option out of its range, or fewer than two
 * samples or groups; ST_NOMEM.
 */
enum status cross_floor(const struct solve_data *d, const uint32_t *group,
    const struct solve_options *so, const struct cross_options *o,
    struct cross *out, struct err *err) MUST_CHECK;

#endif
