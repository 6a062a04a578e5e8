/* SPDX-License-Identifier: MIT */
/*
 * join.h -- the rows of a problem as a box sees them.
 *
 * Inside a box, thresholds that no label of it has do not matter, nor what is
 * answered where a row is not accepted by any label, nor anything after an
 * exit that is kept for sure and accepts the row by every label.  Rows that
 * agree in all that is left are one row with their weights added: deep in a
 * search, a third of them.  Rows that get further come first, so that each
 * exit has to do with the first live[e] only.
 *
 * One thread's.
 */
#ifndef OFFRAMP_SEARCH_JOIN_H
#define OFFRAMP_SEARCH_JOIN_H

#include "search/solve/box.h"
#include "search/solve/rows.h"

struct join {
    const struct prob *whole; /* borrowed */
    struct prob p;            /* the whole's, but for rows, which are owned */
    uint32_t *map;            /* owned, [whole n]: where each row is */
    uint32_t *rep;            /* owned, [p.n]: one of those that a row is */
    double volume;            /* choices in the box that it is for */

    /* Of the last join_box(). */
    uint32_t *to;        /* owned: from each row before to one of now */
    int32_t *was_weight; /* owned: of the rows before */
    size_t was;          /* rows before */

    /* Scratch, owned: the distinct rows in the order in which they are found:
     * one that each is, its weight, the exit that it does not get past, and
     * its place. */
    struct row_table table;
    uint32_t *first, *order;
    int32_t *weight;
    uint8_t *end;
};

/* ST_NOMEM; end with join_clear(). */
enum status join_init(
    struct join *j, const struct prob *whole, struct err *err) MUST_CHECK;
void join_clear(struct join *j);

/* Take the whole problem as it is now, with its rows, or those that `map`
 * makes of them.  What a box sees of them is not known until join_box(). */
void join_start(struct join *j, const uint32_t *map, size_t n);

/* Join further, as `b` sees the rows: it must be in the box that they were
 * joined for so far. */
void join_box(struct join *j, const struct box *b);

#endif
