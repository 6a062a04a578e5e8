/* SPDX-License-Identifier: MIT */
/* prices.h -- a copy of a dual's prices, shared by whoever starts from it,
 * on whatever thread. */
#ifndef OFFRAMP_SEARCH_PRICES_H
#define OFFRAMP_SEARCH_PRICES_H

#include <stdatomic.h>

#include "search/solve/dual.h"

struct prices {
    atomic_int refs;
    double wrong;
    int32_t *accept, *refuse; /* owned, [k][n] */
};

/* NULL if out of memory; otherwise with one reference. */
struct prices *prices_take(const struct dual *d);

/* Start `d` (of the same problem) from x. */
void prices_load(struct dual *d, const struct prices *x);

/* Give up a reference.  NULL is ignored. */
void prices_drop(struct prices *x);

static inline size_t
prices_bytes(const struct prob *p)
{
    return 2 * sizeof(int32_t) * (size_t)p->k * p->n;
}

#endif
