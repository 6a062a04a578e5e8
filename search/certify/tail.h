/* SPDX-License-Identifier: MIT */
/*
 * tail.h -- tails of counts, exactly enough to promise something by them.
 *
 * Counts are integers all the way.  Results are good to about 13 digits (the
 * trinomial one to 1e-13 in absolute terms) for any n up to 2^52.  Pure
 * functions: any thread.
 */
#ifndef OFFRAMP_SEARCH_TAIL_H
#define OFFRAMP_SEARCH_TAIL_H

#include <stdint.h>

/* P(X = a) and P(X <= a) for X ~ Bin(n, p). */
double tail_binomial_at(int64_t n, double p, int64_t a);
double tail_binomial(int64_t n, double p, int64_t a);

/* The upper limit of a share, `a` of `n` having been seen: a larger share
 * gives `a` or fewer with probability below `level` (Clopper and Pearson). */
double tail_share_upper(int64_t n, int64_t a, double level);

/* P(A - B <= d) where each of n draws adds to A with probability
 * (rate + mean) / 2, to B with (rate - mean) / 2, and to neither otherwise;
 * 0 < mean <= rate <= 1. */
double tail_signed(int64_t n, double rate, double mean, int64_t d);

#endif
