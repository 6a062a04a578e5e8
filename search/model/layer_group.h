/* SPDX-License-Identifier: MIT */
/* layer_group.h -- which nodes make a layer together.  Private to layer.c. */
#ifndef OFFRAMP_MODEL_LAYER_GROUP_H
#define OFFRAMP_MODEL_LAYER_GROUP_H

#include "search/model/graph.h"

/* Number the layers in an order in which they can run: layer_of[node] for
 * every live node that is not constant, -1 for others; *n is their count. */
enum status layers_group(
    const struct graph *g, int *layer_of, int *n, struct err *err) MUST_CHECK;

#endif
