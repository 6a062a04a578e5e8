/* SPDX-License-Identifier: MIT */
/*
 * pareto.h -- points of which less is better in every coordinate: which ones
 * no other beats, how much they dominate, and which one to look at first.
 *
 * Points are rows of v, [n][dims].  Pure functions of their arguments.
 */
#ifndef OFFRAMP_SEARCH_PARETO_H
#define OFFRAMP_SEARCH_PARETO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { PARETO_DIMS_MAX = 4 };

/* keep[i]: no other point is as good everywhere and better somewhere, and no
 * earlier one is the same. */
void pareto_mark(const double *v, size_t n, int dims, bool *keep);

/* The volume between the points and `ref` (what lies beyond it counts
 * nothing), exactly, in O(n^(dims - 1)) steps; 1 to PARETO_DIMS_MAX
 * dimensions.  ST_NOMEM. */
enum status pareto_hypervolume(const double *v, size_t n, int dims,
    const double *ref, double *out, struct err *err) MUST_CHECK;

/* The point with the least sum of coordinates, each scaled to its range over
 * the points: in two dimensions the one farthest from the line between the
 * ends.  n is at least 1; of equals the first. */
size_t pareto_knee(const double *v, size_t n, int dims);

#endif
