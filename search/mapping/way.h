/* SPDX-License-Identifier: MIT */
/* way.h -- inside mapping/: one mapping as a problem of plain path costs. */
#ifndef OFFRAMP_MAPPING_WAY_H
#define OFFRAMP_MAPPING_WAY_H

#include "search/mapping/mapping.h"

/* A mapping and what follows from it. */
struct way {
    struct mapping_option option;
    int64_t segment[SOLVE_EXITS_MAX], head[SOLVE_EXITS_MAX];
    uint64_t forbidden; /* heads that cannot run where they would be */
    int64_t guess;      /* the order of the first round */
};

/* How many mappings there are; more than MAPPING_MAX: MAPPING_MAX + 1. */
size_t way_count(int exits, int processors);

/* All of them, [way_count()], those that stay on earlier processors longest
 * first, with their costs and what forbids them. */
void way_list(const struct mapping_data *d, const struct solve_options *o,
    struct way *out);

/* Bytes that a processor needs with these exits kept; the last one always is.
 * -1: it has nothing to do. */
int64_t way_bytes(const struct mapping_data *d, const struct way *w,
    uint64_t kept, int processor);

/* The first processor that cannot hold its part; -1: all can. */
int way_overflow(
    const struct mapping_data *d, const struct way *w, uint64_t kept);

#endif
