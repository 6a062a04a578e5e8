/* SPDX-License-Identifier: MIT */
/*
 * line.h -- what a transfer costs as a line: base + slope * bytes.
 *
 * The line with the least sum of relative deviations, |y - line| / y: small
 * messages decide the base, large ones the slope, and a size whose times are
 * off moves neither (least absolute deviations).  An optimum of that kind
 * passes through as many points as it has parameters (Bloomfield and Steiger,
 * Least Absolute Deviations, 1983), so with a few sizes all such lines are
 * tried and the best one is exact.  Base and slope are never negative.
 *
 * Pure: no clock, no I/O; arrays are borrowed.
 */
#ifndef OFFRAMP_TRANSFER_LINE_H
#define OFFRAMP_TRANSFER_LINE_H

#include <stddef.h>

#include "base/rng.h"
#include "base/status.h"

enum { LINE_POINTS_MAX = 32 };

struct line {
    double base, slope;
    double residual_rel; /* median of |y - line| / y */
    double worst_rel;    /* the largest one */
};

/* Of n points, 2..LINE_POINTS_MAX, x rising, y > 0.  ST_INVALID (code
 * "link.points") otherwise. */
enum status line_fit(const double *x, const double *y, size_t n,
    struct line *out, struct err *err) MUST_CHECK;

/* A number with its 95 % interval. */
struct line_value {
    double value, lo, hi;
};

struct line_interval {
    struct line_value base, slope;
    struct line line; /* of the medians */
};

/*
 * The line of the medians of samples[i * stride + round], and how far it moves
 * when rounds are drawn again with replacement (bootstrap, percentiles).  A
 * round is drawn as a whole: what slowed it slowed all its sizes.  ST_NOMEM;
 * ST_INVALID as line_fit().
 */
enum status line_bootstrap(const double *x, size_t n, const double *samples,
    size_t stride, size_t rounds, struct rng *rng, struct line_interval *out,
    struct err *err) MUST_CHECK;

#endif
