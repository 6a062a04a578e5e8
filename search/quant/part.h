/* SPDX-License-Identifier: MIT */
/*
 * part.h -- the layers of an image that one processor runs, as an image of
 * their own: their weights, and a memory plan for the order in which they run
 * there.  Numbers stay the same, to the bit.
 */
#ifndef OFFRAMP_QUANT_PART_H
#define OFFRAMP_QUANT_PART_H

#include "probes/nn/pack.h"

struct part_order {
    uint32_t layer[NN_LAYERS_MAX];        /* of the image, in that order */
    struct pack_ends ends[NN_LAYERS_MAX]; /* of each, in the image's tensors */
    size_t n;
    int keep; /* a tensor that lives to the end, to be handed on; -1: none */
};

/*
 * `image` has been checked.  *from gets the tensor that comes in from outside,
 * of which there must be one, read by the first layer: otherwise
 * ST_UNPROCESSABLE "model.boundary".  The caller frees *out.
 */
enum status part_make(const void *image, const struct part_order *o, int *from,
    void **out, size_t *len, struct err *err) MUST_CHECK;

#endif
