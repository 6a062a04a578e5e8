/* SPDX-License-Identifier: MIT */
/*
 * region.h -- a set of nodes that is looked at as one: a layer, a segment, a
 * head, a prefix, the whole model.
 *
 * What crosses its border is found here once; counting, hashing and cutting
 * all read it.  Constant nodes that the region needs are part of it, so one
 * constant node may be in many regions.
 */
#ifndef OFFRAMP_MODEL_REGION_H
#define OFFRAMP_MODEL_REGION_H

#include "search/model/graph.h"

struct region {
    int *nodes;   /* owned, like the other arrays; ascending: runnable */
    int *in;      /* activations that come in, ascending */
    int *out;     /* values that leave, or the ones that were asked for */
    int *weights; /* stored tensors that are read, ascending */
    int n_nodes, n_in, n_out, n_weights;
};

/*
 * The region of `nodes`.  `out` asks for certain values (whose order is
 * kept); NULL: all that are outputs of the graph or read by other nodes.
 * On ST_OK the caller ends it with region_clear(); ST_NOMEM leaves it empty.
 */
enum status region_build(struct region *r, struct graph *g, const int *nodes,
    int n_nodes, const int *out, int n_out, struct err *err) MUST_CHECK;
void region_clear(struct region *r);

/* All nodes that the values `out` depend on, constant ones left out, the last
 * first.  `nodes` has room for all nodes of the graph.  ST_NOMEM. */
enum status region_before(const struct graph *g, const int *out, int n_out,
    int *nodes, int *n, struct err *err) MUST_CHECK;

#endif
