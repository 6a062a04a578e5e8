/* SPDX-License-Identifier: MIT */
/*
 * limits.h -- what a search may do with single exits: which it must keep,
 * which it must drop, and how often each must be right.
 *
 * An exit is called by the name that the costs give it, or by its index.
 */
#ifndef OFFRAMP_DATA_LIMITS_H
#define OFFRAMP_DATA_LIMITS_H

#include "search/data/costs.h"
#include "search/solve/solve.h"

/* Members of a problem, borrowed; NULL where absent. */
struct exit_limits {
    const json_t *keep, *without; /* arrays of exits */
    const json_t *accuracy;       /* a share of all who leave at an early exit,
                                     or {exit: share} */
};

/* ST_INVALID where the members are not of that form. */
enum status limits_check(
    const struct exit_limits *l, struct err *err) MUST_CHECK;

/* Set forced, forbidden and min_right_ppm of `o`; `ppm`, [exits], is what the
 * last then points to.  ST_INVALID "search.exit": no such exit. */
enum status limits_apply(const struct exit_limits *l, const struct costs *c,
    uint32_t *ppm, struct solve_options *o, struct err *err) MUST_CHECK;

#endif
