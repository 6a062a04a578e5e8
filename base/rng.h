/* SPDX-License-Identifier: MIT */
/* rng.h -- seeded numbers: orders, epoch lengths, inputs, policies
 * (splitmix64): the same seed gives the same numbers on every machine. */
#ifndef OFFRAMP_BASE_RNG_H
#define OFFRAMP_BASE_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state;
};

static inline uint64_t
rng_next(struct rng *r)
{
    uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Uniform in [0, 1). */
static inline double
rng_unit(struct rng *r)
{
    return (double)(rng_next(r) >> 11) * 0x1p-53;
}

/* Uniform in 0..n-1; the bias of the modulus is below n / 2^64. */
static inline uint64_t
rng_below(struct rng *r, uint64_t n)
{
    return rng_next(r) % n;
}

#endif
