/* SPDX-License-Identifier: MIT */
/*
 * flow.h -- minimum cut of a directed graph with integer capacities: Dinic's
 * algorithm (1970), O(V^2 E) at worst.
 *
 * A `struct flow` belongs to its caller and one thread.
 */
#ifndef OFFRAMP_SEARCH_FLOW_H
#define OFFRAMP_SEARCH_FLOW_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define FLOW_INFINITE (INT64_C(1) << 61)

struct flow; /* opaque: see flow.c */

/* Room for `nodes` nodes and `arcs` arcs.  ST_NOMEM. */
enum status flow_new(
    struct flow **out, size_t nodes, size_t arcs, struct err *err) MUST_CHECK;
void flow_free(struct flow *f);

/* An arc with capacity 0..FLOW_INFINITE. */
void flow_arc(struct flow *f, size_t from, size_t to, int64_t capacity);

/* The smallest capacity between `source` and `sink`; side[nodes] becomes 1
 * for what stays with the source (the smallest such set).  Once a flow. */
int64_t flow_min_cut(struct flow *f, size_t source, size_t sink, uint8_t *side);

#endif
