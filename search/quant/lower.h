/* SPDX-License-Identifier: MIT */
/*
 * lower.h -- an ONNX network as the layers that small boards have: batch
 * normalisation folded into weights, relu into the layer before, tensors in
 * NHWC.  Still in float32; quant.h makes int8 of it.
 *
 * Of a network with layers that boards lack, low_make_partly() keeps the
 * others; what those lacking would make is then given to the board (a feed),
 * as the network's input is.
 *
 * The caller owns a lowered network and uses it from one thread; it does not
 * need the ONNX file any more.
 */
#ifndef OFFRAMP_QUANT_LOWER_H
#define OFFRAMP_QUANT_LOWER_H

#include <stdbool.h>

#include <jansson.h>

#include "probes/nn/pack.h"

/* A layer before its numbers are laid out. */
struct low_layer {
    struct nn_layer l;     /* shape and operator; offsets are not set */
    struct pack_ends ends; /* tensors, numbered from 0, which is the input */
    float *weights;        /* owned, in the order of layer.h; NULL: none */
    float *bias;           /* owned, out_c of them, where there are weights */
    bool relu;
    char *name; /* owned: the ONNX node that named it */
};

/* An output of the network. */
struct low_output {
    char *name; /* owned */
    int tensor;
};

/* A tensor that the board is given. */
struct low_feed {
    char *name; /* owned: of the tensor in the file */
    int tensor;
    uint32_t h, w, c;
    bool input; /* the network's own */
};

enum { LOW_OUTPUTS_MAX = 64, LOW_FEEDS_MAX = 64 };

struct low_net {
    struct low_layer *layers; /* owned */
    int n_layers, n_tensors;
    uint32_t in_h, in_w, in_c; /* of the network's input */
    struct low_feed feeds[LOW_FEEDS_MAX];
    int n_feeds;
    struct low_output outputs[LOW_OUTPUTS_MAX]; /* those that it can make */
    int n_outputs;
};

/*
 * Lower a network with one input of 1x(C)x(H)xW floats.  On ST_OK the caller
 * ends *out with low_free().  ST_UNPROCESSABLE: what onnx_read() and
 * graph_build() say, or `model.unsupported_layer`, which names the node and
 * what of it boards do not have.
 */
enum status low_make(struct low_net **out, const void *onnx, size_t len,
    struct err *err) MUST_CHECK;
void low_free(struct low_net *net);

/*
 * The same of the layers that boards have in numbers of `type`.  `layers` are
 * an analysis' ("onnx_nodes" of each): one of them with a node that boards lack
 * is left out whole.  *lacks gets an array, one member a layer: null, or
 * {"node","reason"}; the caller ends it, and *out as above.  ST_UNPROCESSABLE
 * also where no layer is left.
 */
enum status low_make_partly(struct low_net **out, const void *onnx, size_t len,
    enum nn_type type, const json_t *layers, json_t **lacks,
    struct err *err) MUST_CHECK;

/* The float32 image; the caller frees *image. */
enum status low_image(const struct low_net *net, void **image, size_t *len,
    struct err *err) MUST_CHECK;

/* What is fed, as ONNX has it, [c][h][w], in the order of boards,
 * [h][w][c]. */
void low_feed_order(const struct low_feed *f, const float *chw, float *hwc);
size_t low_feed_count(const struct low_feed *f);

/* Tell a pack what it is fed, in numbers of `type`; before its layers. */
void low_pack_feeds(
    const struct low_net *net, enum nn_type type, struct pack *p);

/* The same for a network that is fed its input alone. */
void low_input(const struct low_net *net, const float *chw, float *hwc);

#endif
