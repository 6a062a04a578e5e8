/* SPDX-License-Identifier: MIT */
/*
 * baseline.h -- how others set thresholds: published rules and plain
 * heuristics, to be compared with solve_best().
 *
 * Every rule gets the same data and options as solve_best() and chooses among
 * the same candidate thresholds, so that none can cost less than a proved
 * optimum: a threshold a rule computes is rounded up to the next candidate
 * (with SOLVE_GRID_ALL it keeps its exact value).  What a rule expects of its
 * plan is kept beside what the plan really does, which solve_eval() says.
 * As pure as solve.h: no file, no clock, no global; any thread.
 */
#ifndef OFFRAMP_SEARCH_BASELINE_H
#define OFFRAMP_SEARCH_BASELINE_H

#include "search/solve/solve.h"

enum baseline_status {
    BASELINE_MEETS, /* the plan meets the floor and every limit */
    BASELINE_FLOOR, /* the rule's plan misses the floor */
    BASELINE_LIMIT, /* it breaks another limit, such as the number of exits */
    BASELINE_NONE,  /* the rule has no plan here; `why` says why */
};

struct baseline_result {
    enum baseline_status status;
    const char *why;          /* with BASELINE_NONE: a sentence; static */
    bool stopped;             /* o->watch ended it: the best until then */
    struct solve_plan plan;   /* not with BASELINE_NONE, as the next two */
    struct solve_tally tally; /* of `plan` on the data */
    double cost, right;       /* sums that the rule expected; NaN: it expects
                                 nothing, or nothing else than it measures */
};

struct baseline_rule; /* how a rule works: baseline_internal.h */

struct baseline {
    const char *name;  /* a word for programs */
    const char *title; /* for people, with where it is from */
    const struct baseline_rule *rule;
};

enum { BASELINES = 11 };
extern const struct baseline baselines[BASELINES];

/*
 * Apply one rule.  A rule that knows no floor, or finds nothing that meets
 * it, gives its nearest miss, and `status` says so.  o->watch is asked now
 * and then whether to go on.  ST_INVALID as solve_best(), ST_NOMEM.
 */
enum status baseline_run(const struct baseline *b, const struct solve_data *d,
    const struct solve_options *o, struct baseline_result *out,
    struct err *err) MUST_CHECK;

#endif
