/* SPDX-License-Identifier: MIT */
/* draw.h -- one draw of all costs, for bootstrap.c. */
#ifndef OFFRAMP_SEARCH_DRAW_H
#define OFFRAMP_SEARCH_DRAW_H

#include "search/certify/bootstrap.h"

/* The parts of a path, segments first, and scratch memory. */
struct draw {
    const struct bootstrap_part *part[2 * SOLVE_EXITS_MAX]; /* borrowed */
    int parts, exits;
    size_t longest;  /* number of epochs of the part that has most */
    uint32_t *round; /* owned, [longest] */
    double *value;   /* owned, [longest] */
    double quantum;
    uint64_t seed;
    enum bootstrap_source from;
};

/* ST_INVALID names a part that makes no sense; end with draw_clear(). */
enum status draw_init(struct draw *dr, int exits,
    const struct bootstrap_part *segment, const struct bootstrap_part *head,
    const struct bootstrap_options *o, struct err *err) MUST_CHECK;
void draw_clear(struct draw *dr);

/* Draw number `i`, always the same for a seed, as integers: `cost` is
 * [2 * exits], segments first. */
void draw_costs(struct draw *dr, int i, int64_t *cost);

#endif
