/* SPDX-License-Identifier: MIT */
/* levels.h -- which items each level measures: a plan becomes passes. */
#ifndef OFFRAMP_MEASURE_LEVELS_H
#define OFFRAMP_MEASURE_LEVELS_H

#include "probes/measure/pass.h"

struct levels {
    struct pass pass[LEVEL_COUNT]; /* in the order in which they run */
    size_t n;
};

/* The passes that the plan asks for and this machine's meters allow; a level
 * without a meter gets a row that says so, and a flag of the profile.
 * ST_NOMEM.  Ended with levels_clear(). */
enum status levels_make(
    struct levels *l, struct profiler *p, struct err *err) MUST_CHECK;
void levels_clear(struct levels *l);

/* Only the golden kernels, in one pass.  As levels_make(). */
enum status levels_make_golden(
    struct levels *l, struct profiler *p, struct err *err) MUST_CHECK;

/*
 * Run them all, each within its share of the time that is left, measure
 * copies' rows too, and note the medians in the plan's items.  *aa_rel is the
 * difference of the A/A pair, NaN without one.
 */
enum status levels_run(struct levels *l, struct profiler *p, double *aa_rel,
    struct err *err) MUST_CHECK;

#endif
