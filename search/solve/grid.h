/* SPDX-License-Identifier: MIT */
/* grid.h -- candidate thresholds of one exit, and where each sample falls. */
#ifndef OFFRAMP_SEARCH_GRID_H
#define OFFRAMP_SEARCH_GRID_H

#include "search/solve/solve.h"

/*
 * The thresholds for `n` scores: the values at `want` evenly spaced shares of
 * the total weight, from the lowest score up, or every distinct one where
 * want is 0 or there are no more than that.  A weight counts like so many
 * equal rows.  On ST_OK the caller frees *out, ascending and distinct.
 * ST_INVALID where `exit` has more than PROB_TOP_MAX of them.
 */
enum status grid_make(const double *score, const uint32_t *weight, size_t n,
    int want, int exit, double **out, int *count, struct err *err) MUST_CHECK;

/* How many of the thresholds are <= score. */
int grid_bin(const double *threshold, int count, double score);

#endif
