/* SPDX-License-Identifier: MIT */
/*
 * descent.h -- good choices fast, without proof: coordinate descent over the
 * exits, and an exact search of up to three exits at a time around it.
 */
#ifndef OFFRAMP_SEARCH_DESCENT_H
#define OFFRAMP_SEARCH_DESCENT_H

#include "search/solve/front.h"

/*
 * The cheapest choice found with right >= p->floor, or cost INT64_MAX.
 * *nearest is the one with most right answers (the cheapest of them found),
 * cost INT64_MAX if no choice meets the other limits.  *price is what a right
 * answer costs about there (0 where the floor does not bind).  Every choice
 * met is offered to `front` unless that is NULL.  ST_NOMEM.
 */
enum status descent_run(const struct prob *p, uint64_t seed,
    struct front *front, struct pick *best, struct pick *nearest, double *price,
    struct err *err) MUST_CHECK;

/* Improve *best, which must be allowed and meet the floor, until no change
 * of up to three exits helps.  ST_NOMEM. */
enum status descent_polish(const struct prob *p, int64_t floor,
    struct pick *best, struct err *err) MUST_CHECK;

#endif
