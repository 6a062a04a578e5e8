/* SPDX-License-Identifier: MIT */
/*
 * pools.h -- samples sorted by difficulty onto tiers, such as mobile, edge and
 * cloud (Bajpai and Hanawal, DIMEE, arXiv 2410.05338).
 *
 * What the first tier's exit shows of a sample (its features, class scores or
 * score) is compared with the mean of each tier's pool of calibration samples;
 * the nearest pool's tier answers.  A sample is decided once: it is not looked
 * at again on the way.
 *
 * Pure: no I/O, no clock.  A `struct pools` belongs to its caller.
 */
#ifndef OFFRAMP_SEARCH_POOLS_H
#define OFFRAMP_SEARCH_POOLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { POOLS_MAX = 3 };

struct pools {
    int tiers;
    size_t dims;
    double *centre;      /* owned, [tiers][dims] */
    size_t n[POOLS_MAX]; /* samples that a pool was made of; 0: no pool */
};

/* Means of the pools: row i, vector[i * dims ..], is in pool[i], below
 * `tiers`.  On ST_OK the caller ends *out with pools_clear(). */
enum status pools_learn(struct pools *out, const float *vector, size_t dims,
    const uint8_t *pool, size_t n, int tiers, struct err *err) MUST_CHECK;
void pools_clear(struct pools *p);

/* The tier whose pool's mean is nearest, the first of equals. */
int pools_nearest(const struct pools *p, const float *vector);

#endif
