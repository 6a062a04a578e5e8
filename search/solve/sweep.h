/* SPDX-License-Identifier: MIT */
/*
 * sweep.h -- one pass of coordinate descent: every exit in turn, from the
 * last to the first, takes the label that is best while all others stay, in
 * O(rows) an exit.
 */
#ifndef OFFRAMP_SEARCH_SWEEP_H
#define OFFRAMP_SEARCH_SWEEP_H

#include "search/solve/prob.h"

struct sweep; /* opaque: scratch memory, for one thread; see sweep.c */

enum status sweep_new(
    struct sweep **out, const struct prob *p, struct err *err) MUST_CHECK;
void sweep_free(struct sweep *s);

/* What a pass minimises. */
struct aim {
    double price; /* of a wrong answer: minimise cost - price * right */
    bool floored; /* instead: minimise cost with right >= floor */
    int64_t floor;
};

/* One pass over all exits; true if a label changed.  `lab` keeps to the
 * limits on exits and heads.  With `floored`, it must meet the floor. */
bool sweep_pass(struct sweep *s, const struct aim *aim, struct labels *lab);

/* Passes until nothing changes (or 30 of them). */
void sweep_settle(struct sweep *s, const struct aim *aim, struct labels *lab);

#endif
