/* SPDX-License-Identifier: MIT */
/* tiers.h -- S9: where to cut a network between three tiers, and thresholds,
 * as one question. */
#ifndef OFFRAMP_BENCH_TIERS_H
#define OFFRAMP_BENCH_TIERS_H

#include "search/solve/solve.h"

/*
 * The cheapest plan over all ways to let exits run on three tiers, each the
 * same or a further one than the exit before.  Inside a segment all samples
 * are alike, so its best cut does not depend on thresholds: every way is a
 * search of its own, ended where its bound reaches the best plan so far.
 * Speeds, tensors and links are made up from the costs of `d`.  `lower` and
 * `status` are of all ways together.
 */
enum status tiers_best(const struct solve_data *d,
    const struct solve_options *o, struct solve_result *out,
    struct err *err) MUST_CHECK;

#endif
