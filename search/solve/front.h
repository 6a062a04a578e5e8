/* SPDX-License-Identifier: MIT */
/*
 * front.h -- the cheapest choice met so far for every number of right
 * answers, and the non-dominated ones among them.
 */
#ifndef OFFRAMP_SEARCH_FRONT_H
#define OFFRAMP_SEARCH_FRONT_H

#include "search/solve/prob.h"

struct front {
    const struct prob *p; /* borrowed */
    int64_t lo, hi;       /* right answers, both included */
    int64_t *cost;        /* owned, [hi - lo + 1]; INT64_MAX: none */
    int64_t *least;       /* owned, the same: of so many or more */
    uint16_t *label;      /* owned, [hi - lo + 1][k] */
};

/* Whether lo..hi is a range that a front can hold. */
bool front_fits(const struct prob *p, int64_t lo, int64_t hi);

/* Room for right answers lo..hi.  ST_NOMEM; end with front_clear(). */
enum status front_init(struct front *f, const struct prob *p, int64_t lo,
    int64_t hi, struct err *err) MUST_CHECK;
void front_clear(struct front *f);

/* True if (cost, right) is cheaper than all that is there with as many right
 * answers or more. */
static inline bool
front_wants(const struct front *f, int64_t cost, int64_t right)
{
    return right >= f->lo && cost < f->least[right - f->lo];
}

/* Put a choice that front_wants(). */
void front_put(
    struct front *f, int64_t cost, int64_t right, const struct labels *lab);

/* The same, where wanted, for a pick. */
void front_offer(struct front *f, const struct pick *c);

/* Drop dominated entries. */
void front_thin(struct front *f);

/* The pick at `right`, or cost INT64_MAX. */
void front_get(const struct front *f, int64_t right, struct pick *out);

#endif
