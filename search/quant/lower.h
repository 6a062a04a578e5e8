/* SPDX-License-Identifier: MIT */
/*
 * lower.h -- an ONNX network as the layers that small boards have: batch
 * normalisation folded into weights, relu into the layer before, tensors in
 * NHWC.  Still in float32; quant.h makes int8 of it.
 *
 * The caller owns a lowered network and uses it from one thread; it does not
 * need the ONNX file any more.
 */
#ifndef OFFRAMP_QUANT_LOWER_H
#define OFFRAMP_QUANT_LOWER_H

#include <stdbool.h>

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

enum { LOW_OUTPUTS_MAX = 64 };

struct low_net {
    struct low_layer *layers; /* owned */
    int n_layers;
    uint32_t in_h, in_w, in_c;
    struct low_output outputs[LOW_OUTPUTS_MAX];
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

/* The float32 image; the caller frees *image. */
enum status low_image(const struct low_net *net, void **image, size_t *len,
    struct err *err) MUST_CHECK;

/* A picture as ONNX has it, [c][h][w], in the order of boards, [h][w][c]. */
void low_input(const struct low_net *net, const float *chw, float *hwc);

#endif
