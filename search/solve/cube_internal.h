/* SPDX-License-Identifier: MIT */
/*
 * cube_internal.h -- what is inside of a cube: cube.c counts rows into it,
 * cube_look.c walks over its triples.  Nobody else includes this.
 */
#ifndef OFFRAMP_SEARCH_CUBE_INTERNAL_H
#define OFFRAMP_SEARCH_CUBE_INTERNAL_H

#include "search/solve/cube.h"

enum { LANES = 8 }; /* strips are whole vectors */

/* Rows, by weight: how many go on, and how many more are right if they do. */
struct pair {
    int32_t weight, right;
};

/* What the cube needs of a row: its ranks, and what going on past the exits
 * changes. */
struct key {
    uint32_t strip; /* ranks at the first two */
    uint16_t first, last;
    int32_t weight;
    int8_t right, gain[3]; /* at the first; past each */
};

struct cube {
    const struct prob *p; /* borrowed */
    struct span span[3];
    int exit[3], m[3];
    int64_t seg[4], head[3]; /* between the exits that are kept */
    size_t stride;           /* of weights in a strip; then as many rights */
    bool raw;                /* strips hold what was added, not sums */
    uint16_t *none;          /* owned, [n]: the column of an exit of -1 */
    struct key *key;         /* owned, [n] */
    int32_t *cell;           /* owned, [m0 + 1][m1 + 1][2][stride] */
    struct pair *plane;      /* owned, [m0 + 1][m1 + 1] */
    struct pair *line;       /* owned, [m0 + 1] */
    struct pair point;
    struct pair *past; /* owned, [m1 + 1]: running sums */
    int32_t *run;      /* owned, [2][stride]: over the second's ranks */
    int32_t *sum;      /* owned, [m1 + 1][2][stride]: and the first's */
    int32_t *strip;    /* owned, [2][stride]: over the last's, where raw */
};

#endif
