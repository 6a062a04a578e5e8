/* SPDX-License-Identifier: MIT */
/*
 * layer.h -- one layer of a network for small boards, as it lies in an image
 * (image.h): little-endian words, everything decided beforehand, so that the
 * board only computes.
 *
 * Tensors are NHWC with a batch of 1 (a 1-D network has a height of 1).
 * Weights are [out][kernel_h][kernel_w][in], of a depthwise convolution
 * [kernel_h][kernel_w][channel].  int8 follows the quantisation rules of
 * TensorFlow Lite: per-channel symmetric weights, per-tensor activations with
 * a zero point, 32-bit sums, fixed-point rescaling (scale.h).
 *
 * Kernels trust a layer that image_check() has seen.  They own nothing and
 * keep no state.
 */
#ifndef OFFRAMP_NN_LAYER_H
#define OFFRAMP_NN_LAYER_H

#include <stddef.h>
#include <stdint.h>

#define NN_OP_MAP(X)                                                           \
    X(NN_CONV, "conv")                                                         \
    X(NN_DEPTHWISE, "depthwise")                                               \
    X(NN_DENSE, "dense")                                                       \
    X(NN_AVGPOOL, "avgpool")                                                   \
    X(NN_MAXPOOL, "maxpool")                                                   \
    X(NN_ADD, "add")                                                           \
    X(NN_RELU, "relu")                                                         \
    X(NN_SOFTMAX, "softmax")

enum nn_op {
#define X(name, text) name,
    NN_OP_MAP(X)
#undef X
        NN_OPS
};

enum nn_type { NN_I8, NN_F32, NN_TYPES };

/* How the work is done; every way gives the same bytes (of float32 the same to
 * 1e-5, and only MVE is not plain), and a later one is quicker where a core has
 * it. */
#define NN_KERNELS_MAP(X)                                                      \
    X(NN_PLAIN, "plain")                                                       \
    X(NN_DSP, "dsp")                                                           \
    X(NN_MVE, "mve")                                                           \
    X(NN_CMSIS, "cmsis-nn")

enum nn_kernels {
#define X(name, text) name,
    NN_KERNELS_MAP(X)
#undef X
        NN_KERNEL_SETS
};

/* A factor as mult / 2^31 * 2^shift. */
struct nn_scale {
    int32_t mult, shift;
};

struct nn_layer {
    uint32_t op, type;
    uint32_t in_h, in_w, in_c, out_h, out_w, out_c;
    uint32_t kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
    uint32_t in, in2, out, scratch; /* bytes into the arena */
    uint32_t weights;               /* bytes into the image; also the table of
                                     * an int8 softmax: 256 words, entry i is
                                     * exp(-i * scale) as x / 2^23 */
    uint32_t bias;   /* bytes into the image: a float a channel; or int32, with
                      * -in_zero * sum(weights) in it, and then the same
                      * channels without */
    uint32_t scales; /* bytes into the image: int32, the mult of each channel,
                      * then the shift of each */
    int32_t in_zero, in2_zero, out_zero;
    int32_t low, high;         /* int8: what an output is held to */
    float low_f, high_f;       /* the same in float32 */
    struct nn_scale factor[3]; /* add: of both inputs, then of the sum; relu:
                                * of the input */
};

/* A layer with its memory. */
struct nn_run {
    const struct nn_layer *layer;
    const uint8_t *image;
    uint8_t *arena;
    enum nn_kernels kernels;
    uint8_t *spare; /* aligned to 8: nn_spare_bytes() of them, or NULL */
    size_t spare_bytes;
};

const char *nn_op_name(enum nn_op op);
const char *nn_kernels_name(enum nn_kernels kernels);

/* The sets that this program has, a bit for each. */
uint32_t nn_kernels_built(void);

/* Bytes beside the arena that a set wants for a layer: 0 but for CMSIS-NN. */
uint64_t nn_spare_bytes(const struct nn_layer *l, enum nn_kernels kernels);

/* Compute one layer. */
void nn_run(const struct nn_run *r);

/* Multiply-accumulate steps of a layer; 0 for those that have none. */
uint64_t nn_macs(const struct nn_layer *l);

/* Bytes of the arena that a layer needs besides its tensors. */
uint64_t nn_scratch_bytes(const struct nn_layer *l);

/* Values of a layer's input, output and weights. */
uint64_t nn_in_count(const struct nn_layer *l);
uint64_t nn_out_count(const struct nn_layer *l);
uint64_t nn_weight_count(const struct nn_layer *l);

#endif
