/* SPDX-License-Identifier: MIT */
/*
 * stats.h -- the statistics of one row (measurement.md 6 and 7).
 *
 * The statistic is the median; its interval comes from order statistics (the
 * binomial distribution), so no shape is assumed.  Nothing is ever dropped:
 * outliers are counted.  Pure: no clock, no I/O.
 */
#ifndef OFFRAMP_MEASURE_STATS_H
#define OFFRAMP_MEASURE_STATS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct stats {
    size_t n;
    double min, p10, p25, median, p75, p90, p99, max; /* NaN where n == 0 */
    double mean, sd, mad, lag1; /* sd and lag1 NaN where n < 3 */
    double lo, hi;              /* the interval; NaN where n is too small */
    size_t n_mild, n_severe;    /* beyond 1.5 and 3 interquartile ranges */
    bool autocorrelated;        /* lag1 > 0.3: the interval is of blocks of 4 */
    bool bimodal;
};

/* All of it, with an interval of at least this confidence (0.95).  `values`
 * are in the order they were taken.  ST_NOMEM. */
enum status stats_of(const double *values, size_t n, double confidence,
    struct stats *out, struct err *err) MUST_CHECK;

/* Half the interval's width over the median; NaN without an interval. */
double stats_ci_rel(const struct stats *s);

/*
 * Which order statistics hold the median: the k-th smallest and the k-th
 * largest (k from 1), with the largest k whose coverage is at least
 * `confidence`; 0 if even the extremes do not reach it.  *coverage, where not
 * NULL, is what that k gives.
 */
size_t stats_interval_rank(size_t n, double confidence, double *coverage);

/* Quantile q of sorted values, linear between neighbours. */
double stats_quantile(const double *sorted, size_t n, double q);

/* Correlation of neighbours; NaN for n < 3 or constant values. */
double stats_lag1(const double *values, size_t n);

/*
 * Two groups: a gap between neighbours in order of size that exceeds 4 MAD
 * and leaves at least 15 % of the samples on either side.  A gap below 1 % of
 * the median is finer than any row claims to be and counts as none.
 */
bool stats_bimodal(const double *sorted, size_t n, double median, double mad);

/* Sort in place. */
void stats_sort(double *values, size_t n);

#endif
