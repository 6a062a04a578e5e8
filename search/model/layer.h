/* SPDX-License-Identifier: MIT */
/*
 * layer.h -- nodes grouped into layers, the units that are measured.
 *
 * In run order, a node of real work opens a layer; elementwise operators and
 * reshapes join the latest layer among those that made their inputs, if
 * nothing else reads what that layer made (so a runtime can fuse them, and
 * one value leaves every layer).  Where that layer cannot be joined or is not
 * worth one, an earlier one that only feeds them is moved to their place.  A
 * gate such as x * sigmoid(x) joins, too: both readers of x do.  What belongs
 * to the node after it (a reshape at the start of a head, DequantizeLinear,
 * Pad) joins forward.  A layer never crosses parts (exit.h), so heads and
 * backbone stay apart.  Inputs of a layer come from earlier layers only:
 * layers can run in their order.
 *
 * Constant nodes are listed with the first layer that needs them.
 */
#ifndef OFFRAMP_MODEL_LAYER_H
#define OFFRAMP_MODEL_LAYER_H

#include "search/model/region.h"

/* Constant nodes are in every layer that needs them; all layers together
 * never have more nodes and weights than this. */
enum { LAYERS_MAX_PARTS = 4000000 };

struct layer {
    struct region region; /* what runs: includes all constants it needs */
    int *nodes;           /* what it stands for: every live node is in one
                           * layer only; borrowed from struct layers */
    int n_nodes;
    int anchor; /* the node that gives it its name */
    int part;
};

struct layers {
    struct layer *item;
    int n;
    int *of_node; /* layer of each live node, -1 for others */
    int *members; /* storage of item.nodes */
};

/* Group the nodes of a graph whose exits are known.  On ST_OK the caller
 * ends it with layers_clear().  ST_UNPROCESSABLE: `model.too_large`. */
enum status layers_build(
    struct layers *l, struct graph *g, struct err *err) MUST_CHECK;
void layers_clear(struct layers *l);

/* "Conv+BatchNormalization+Relu"; the caller frees; NULL: out of memory. */
char *layer_fusion_text(const struct layer *l, const struct graph *g);

#endif
