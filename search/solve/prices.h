/* SPDX-License-Identifier: MIT */
/* prices.h -- a copy of a dual's prices, shared by whoever starts from it,
 * on whatever thread. */
#ifndef OFFRAMP_SEARCH_PRICES_H
#define OFFRAMP_SEARCH_PRICES_H

#include <stdatomic.h>

#include "search/solve/dual.h"
#include "search/solve/join.h"

struct prices {
    atomic_int refs;
    double wrong;
    size_t n;                 /* rows of `accept` and `refuse` */
    uint32_t *map;            /* owned: the row of each of the problem's */
    int32_t *accept, *refuse; /* owned, [k][n] */
};

/* Of a dual that works on j's rows.  NULL if out of memory; otherwise with
 * one reference. */
struct prices *prices_take(const struct dual *d, const struct join *j);

/* Start `d` and `j` from x, to be joined further by prices_join(). */
void prices_load(struct dual *d, struct join *j, const struct prices *x);

/* The same for all rows of the problem and any box. */
void prices_spread(struct dual *d, struct join *j, const struct prices *x);

/* Join the rows as box `b` sees them; rows that become one get the mean of
 * their prices. */
void prices_join(struct dual *d, struct join *j, const struct box *b);

/* Give up a reference.  NULL is ignored. */
void prices_drop(struct prices *x);

static inline size_t
prices_bytes(const struct prices *x, int k)
{
    return 2 * sizeof(int32_t) * (size_t)k * x->n;
}

#endif
