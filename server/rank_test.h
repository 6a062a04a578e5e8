/* SPDX-License-Identifier: MIT */
/*
 * rank_test.h -- do two samples come from one distribution?  The test of Mann
 * and Whitney (1947), two-sided: it asks only for ranks, so no shape of the
 * distribution is assumed.  Pure; any thread.
 */
#ifndef OFFRAMP_SERVER_RANK_TEST_H
#define OFFRAMP_SERVER_RANK_TEST_H

#include <stddef.h>

#include "base/status.h"

/*
 * The probability of ranks at least this far apart, were there no difference.
 * Up to 20 values a side and without ties it is counted exactly; else it is
 * the normal approximation
 *
 *     z = (|U - nm/2| - 1/2) / sqrt(nm/12 ((N + 1) - T / (N (N - 1))))
 *
 * with N = n + m, and T the sum of t^3 - t over groups of t equal values.
 * NaN where a side is empty.  ST_NOMEM.
 */
enum status rank_test(const double *a, size_t n, const double *b, size_t m,
    double *p, struct err *err) MUST_CHECK;

#endif
