/* SPDX-License-Identifier: MIT */
/* graph_link.h -- the link of a plan, as its document tells it.  Private to
 * graph_*.c. */
#ifndef OFFRAMP_DATA_GRAPH_LINK_H
#define OFFRAMP_DATA_GRAPH_LINK_H

#include "search/data/graph.h"

/* A new reference; NULL: out of memory. */
json_t *graph_link_json(const struct graph_link *l);

#endif
