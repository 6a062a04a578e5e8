/* SPDX-License-Identifier: MIT */
/*
 * units.h -- the units of a promise: samples, or groups of them.  Not part of
 * the public interface.
 */
#ifndef OFFRAMP_SEARCH_UNITS_H
#define OFFRAMP_SEARCH_UNITS_H

#include "search/certify/evidence.h"
#include "search/solve/solve.h"

struct units {
    size_t n;      /* samples */
    size_t units;  /* at least 1 */
    uint32_t *of;  /* owned, [n]: a sample's unit; NULL: its own */
    uint32_t *len; /* owned, [units]: samples of each; NULL: 1 */
};

/* Number the groups that occur from 0 on; `group` NULL: every sample is a
 * unit.  ST_NOMEM; end with units_clear(). */
enum status units_init(struct units *u, const uint32_t *group, size_t n,
    struct err *err) MUST_CHECK;
void units_clear(struct units *u);

/* Draw `share` of the units by seed: in[i] is 1 for their samples, *drawn is
 * how many units (0 < drawn < units where there are two).  ST_NOMEM. */
enum status units_draw(const struct units *u, double share, uint64_t seed,
    uint8_t *in, size_t *drawn, struct err *err) MUST_CHECK;

static inline size_t
units_of(const struct units *u, size_t sample)
{
    return u->of ? u->of[sample] : sample;
}

/* The loss of a sample that leaves at exit e: -1, 0 or 1. */
static inline int
units_loss(const struct solve_data *d, enum promise_loss loss, size_t i, int e)
{
    int x = d->right[(size_t)(d->exits - 1) * d->n + i] -
            d->right[(size_t)e * d->n + i];

    return loss == PROMISE_FLIPS && x < 0 ? 0 : x;
}

#endif
