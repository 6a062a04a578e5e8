/* SPDX-License-Identifier: MIT */
/*
 * compare.h -- what the published rules and plain heuristics of
 * search/baseline make of the same problem, beside the plan that was found.
 */
#ifndef OFFRAMP_DATA_COMPARE_H
#define OFFRAMP_DATA_COMPARE_H

#include "search/data/problem.h"

/* What the search found, how long it took, and whether to stop now. */
struct compare_given {
    const struct solve_result *result; /* borrowed */
    double solve_ms;
    bool (*stop)(void *ctx); /* asked between methods; NULL: never */
    void *stop_ctx;
};

/*
 * On ST_OK the caller owns *out:
 * {against, reference_cost, rows: [{method, title, status, cost, accuracy,
 * test_cost, test_accuracy, gap, kept, expected_cost, expected_accuracy, ms,
 * note}]}, the search itself first.  See search/README.md.  ST_NOMEM.
 */
enum status compare_methods(const struct problem *p,
    const struct compare_given *g, json_t **out, struct err *err) MUST_CHECK;

#endif
