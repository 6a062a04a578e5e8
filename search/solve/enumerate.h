/* SPDX-License-Identifier: MIT */
/*
 * enumerate.h -- look at every choice in a box: a depth-first walk over the
 * first exits, and a tensor for the last three.
 */
#ifndef OFFRAMP_SEARCH_ENUMERATE_H
#define OFFRAMP_SEARCH_ENUMERATE_H

#include "search/solve/brake.h"
#include "search/solve/dual.h"
#include "search/solve/front.h"

/* More choices than this are another method's work. */
#define ENUMERATE_MAX 5e7

/* Bounds for choices whose first labels are given, from the prices of a dual
 * (see dual_tails()). */
struct guide {
    const struct dual *dual; /* borrowed */
    const int32_t *tail;     /* borrowed */
    const int64_t *rest;     /* borrowed */
};

/* What to look for: the cheapest choice with right >= floor, or the front. */
struct goal {
    int64_t floor;
    struct pick *best;         /* improved in place; or NULL */
    struct front *front;       /* offered everything; or NULL */
    const struct guide *guide; /* skips what cannot improve *best; or NULL */
    struct brake *brake;       /* borrowed; once it stops, the rest is not
                                  looked at */
    uint64_t budget;           /* rows and cells to look at; 0: no limit */
    bool *spent;               /* set where the budget did not suffice */
};

/* Every choice in `b`.  ST_NOMEM. */
enum status enumerate_box(const struct prob *p, const struct box *b,
    const struct goal *g, struct err *err) MUST_CHECK;

/* True if enumerate_few() is short: three exits at most may be kept. */
bool enumerate_few_fits(const struct prob *p);

/* Every choice of at most three kept exits among many.  ST_NOMEM. */
enum status enumerate_few(
    const struct prob *p, const struct goal *g, struct err *err) MUST_CHECK;

#endif
