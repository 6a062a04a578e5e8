/* SPDX-License-Identifier: MIT */
/*
 * image.h -- a whole network in one block of memory: this header, its layers,
 * then weights.  The memory plan is static: every tensor has its place in an
 * arena whose size the header tells.
 *
 * An image may come over a noisy line from a stranger: check it once, then
 * every kernel stays within image and arena.
 */
#ifndef OFFRAMP_NN_IMAGE_H
#define OFFRAMP_NN_IMAGE_H

#include <stdbool.h>

#include "probes/nn/layer.h"

#define NN_MAGIC 0x3252464fu /* "OFR2" */

enum {
    NN_LAYERS_MAX = 4096,   /* half a megabyte of them; boards keep no table,
                             * so their memory is mostly the narrower bound */
    NN_SIDE_MAX = 65535,    /* of a tensor, in one direction */
    NN_COUNT_MAX = 1 << 26, /* values of a tensor */
    NN_SUM_MAX = 32768,     /* products in an int8 sum: 2^30 at most */
    NN_TABLE_BYTES = 1024,  /* of an int8 softmax */
    NN_PAST = 4,            /* bytes after all weights: kernels load words */
};

struct nn_image {
    uint32_t magic, bytes, n_layers, arena_bytes;
    uint32_t in, in_bytes;   /* where in the arena the input is put; several
                              * (pack_feed) follow each other there */
    uint32_t out, out_bytes; /* where the last output is found */
};

/* What is wrong with an image. */
struct nn_fault {
    const char *what; /* a word: "arena", "weights", .. */
    uint32_t layer;   /* NN_LAYERS_MAX: the header */
    uint64_t need, have;
};

/* True if the image can run with `arena` bytes beside it.  `data` is aligned
 * to 4 bytes and `len` long. */
bool nn_image_check(
    const void *data, size_t len, size_t arena, struct nn_fault *fault);

/* True if an image can hold a layer of this kind and shape, wherever its
 * numbers and tensors lie; those are not looked at. */
bool nn_layer_check(const struct nn_layer *l, struct nn_fault *fault);

static inline const struct nn_layer *
nn_image_layers(const void *data)
{
    return (const struct nn_layer *)(const void *)((const uint8_t *)data +
                                                   sizeof(struct nn_image));
}

/* Bytes of a value. */
static inline uint32_t
nn_type_bytes(uint32_t type)
{
    return type == NN_F32 ? 4 : 1;
}

/* Bytes that a layer takes from the image for each purpose. */
uint64_t nn_weight_bytes(const struct nn_layer *l);
uint64_t nn_bias_bytes(const struct nn_layer *l);
uint64_t nn_scales_bytes(const struct nn_layer *l);

#endif
