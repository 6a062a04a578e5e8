/* SPDX-License-Identifier: MIT */
/*
 * boundary.h -- the places where the backbone can be cut in two: after a
 * layer, exactly one activation is still needed by later backbone layers.
 * What heads need does not count: a head runs beside the backbone.
 */
#ifndef OFFRAMP_MODEL_BOUNDARY_H
#define OFFRAMP_MODEL_BOUNDARY_H

#include "search/model/layer.h"

struct boundary {
    int after_layer;
    int tensor; /* value */
};

/* The boundaries, first to last; the caller frees *out. */
enum status boundaries_find(struct boundary **out, int *n,
    const struct layers *l, const struct graph *g, struct err *err) MUST_CHECK;

/* Activation memory at the worst moment when layers run in their order, in
 * bytes: a layer's inputs and outputs, and all that is needed later.  Values
 * inside a layer are not counted, nor is any re-use in place assumed. */
enum status peak_activation_bytes(int64_t *peak, const struct layers *l,
    const struct graph *g, struct err *err) MUST_CHECK;

#endif
