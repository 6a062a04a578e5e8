/* SPDX-License-Identifier: MIT */
/*
 * graph_coded.h -- ways of sending a tensor that were measured, edge by edge
 * (search/worker/edge_codings.h), as a pipeline chooses among them.
 *
 * A `struct graph_coded` belongs to its caller, who ends it with
 * graph_coded_clear(); names are borrowed from the document.
 */
#ifndef OFFRAMP_DATA_GRAPH_CODED_H
#define OFFRAMP_DATA_GRAPH_CODED_H

#include "search/data/graph.h"

enum { GRAPH_CODED_MAX = 7 };

struct graph_coded_row {
    size_t edge; /* behind this layer */
    size_t way;
    struct graph_way cost;
    double agree; /* share of answers that stay; NaN: nobody knows */
};

struct graph_coded {
    const char *name[GRAPH_CODED_MAX];
    size_t ways;
    struct graph_coded_row *row; /* owned, [n]; by edge */
    size_t n;
};

/* From {"edges":[..]}; lossy ways only where at most `max_disagree` of the
 * answers were others.  ST_INVALID names the member. */
enum status graph_coded_read(const json_t *doc, double max_disagree,
    struct graph_coded *out, struct err *err) MUST_CHECK;
void graph_coded_clear(struct graph_coded *c);

#endif
