/* SPDX-License-Identifier: MIT */
/*
 * relay.h -- the bench's network in its parts, and one plan run over board and
 * host.  One thread; ends the program where something fails.
 */
#ifndef OFFRAMP_BENCH_RELAY_H
#define OFFRAMP_BENCH_RELAY_H

#include "across.h"
#include "base/hash.h"
#include "search/data/map.h"

enum { EXITS = 8, CUTS = 64 };

/* A cut model that the analysis handed out. */
struct cut {
    char hex[HASH_HEX];
    void *data; /* owned until a part takes it */
    size_t len;
};

struct bench {
    struct runtime *rt;
    struct board *board;
    struct cut cut[CUTS];
    int cuts;
    json_t *analysis;
    char *whole; /* the file */
    size_t whole_len;
    int exits;
    struct part segment[EXITS], head[EXITS]; /* the last has no head */
    struct costs costs[2];
};

/* Of a plan with a mapping: the names of its processors by segment, and does
 * the board run this one? */
const json_t *segments_of(const json_t *plan);
bool is_board(const json_t *plan, int e);

struct agreement {
    double worst; /* |difference| of an output */
    int samples, left_alike, handed_over;
};

/* Some samples along the plan, compared with the whole network here. */
struct agreement run_across(struct bench *b, const json_t *plan);

#endif
