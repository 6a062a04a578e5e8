/* SPDX-License-Identifier: MIT */
/*
 * pack.h -- make an image (image.h) from layers, on the host: collects
 * weights, then gives every tensor its place in the arena.
 *
 * Tensors are numbered by the caller, from 0; each is made by one layer (or
 * is the input) and lives until the last layer that reads it.  The caller
 * owns a pack, which is too large for a stack, and uses it from one thread.
 */
#ifndef OFFRAMP_NN_PACK_H
#define OFFRAMP_NN_PACK_H

#include "base/buf.h"
#include "probes/nn/image.h"

/* One for each layer, and as many that are given. */
enum { PACK_TENSORS_MAX = 2 * NN_LAYERS_MAX };

/* One tensor's life and place. */
struct pack_tensor {
    uint64_t bytes;
    int first, last; /* layers */
    uint64_t at;
    bool used, kept, fed;
};

/* Which tensors a layer joins; in2 is -1 where there is one input. */
struct pack_ends {
    int in, in2, out;
};

struct pack {
    struct nn_layer layers[NN_LAYERS_MAX];
    struct pack_ends ends[NN_LAYERS_MAX];
    struct pack_tensor tensors[PACK_TENSORS_MAX];
    struct pack_tensor scratch[NN_LAYERS_MAX]; /* of each layer, at the end */
    struct pack_tensor *order[PACK_TENSORS_MAX + NN_LAYERS_MAX]; /* likewise */
    uint32_t n_layers;
    struct buf data; /* offsets in layers count from its start until the end */
};

/* A factor in fixed point, as TensorFlow Lite's QuantizeMultiplier does it;
 * one below 2^-31 becomes 0. */
struct nn_scale pack_scale(double factor);

/* The table of an int8 softmax whose input has this scale. */
void pack_softmax_table(uint32_t table[256], double scale);

void pack_init(struct pack *p);
void pack_clear(struct pack *p);

/* Add bytes to the image, aligned; *at is for layer.weights, .bias, .scales. */
enum status pack_data(struct pack *p, const void *data, size_t len,
    uint32_t *at, struct err *err) MUST_CHECK;

/* Add the numbers of an int8 layer with weights: nn_weight_count() of them, a
 * bias and a factor a channel. */
enum status pack_weights_i8(struct pack *p, struct nn_layer *l,
    const int8_t *weights, const int32_t *bias, const struct nn_scale *scales,
    struct err *err) MUST_CHECK;

/* Add a layer (copied; offsets in the arena are set later).  ST_TOO_LARGE
 * (`model.too_large`): more than an image holds. */
enum status pack_layer(struct pack *p, const struct nn_layer *l,
    struct pack_ends ends, struct err *err) MUST_CHECK;

/* Let a tensor live to the end, as the last layer's output does: the output of
 * an early exit. */
void pack_keep(struct pack *p, int tensor);

/*
 * A tensor that the image is given before it runs, where that is not just the
 * first layer's input: call it for all of them, with their bytes, before any
 * layer is added.  They follow each other in the order of their numbers, each
 * at a multiple of 4, from the place that the image's header calls its input.
 */
void pack_feed(struct pack *p, int tensor, uint64_t bytes);

/*
 * Place the tensors and write the image; the caller frees *image.
 * ST_UNPROCESSABLE (`model.unsupported_layer`) names the layer and the limit
 * that it breaks.
 */
enum status pack_finish(
    struct pack *p, void **image, size_t *len, struct err *err) MUST_CHECK;

#endif
