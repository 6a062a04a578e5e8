/* SPDX-License-Identifier: MIT */
/* kernel.h -- the kernels behind nn_run(), and how they find their memory.
 * Private to this folder. */
#ifndef OFFRAMP_NN_KERNEL_H
#define OFFRAMP_NN_KERNEL_H

#include "probes/nn/layer.h"

void nn_conv_i8(const struct nn_run *r);
void nn_conv_i8_dsp(const struct nn_run *r);
void nn_conv_i8_mve(const struct nn_run *r);
void nn_depthwise_i8(const struct nn_run *r);
void nn_depthwise_i8_dsp(const struct nn_run *r);
void nn_depthwise_i8_mve(const struct nn_run *r);
void nn_avgpool_i8(const struct nn_run *r);
void nn_maxpool_i8(const struct nn_run *r);
void nn_add_i8(const struct nn_run *r);
void nn_add_i8_dsp(const struct nn_run *r);
void nn_add_i8_mve(const struct nn_run *r);
void nn_avgpool_i8_mve(const struct nn_run *r);
void nn_maxpool_i8_mve(const struct nn_run *r);
void nn_relu_i8(const struct nn_run *r);
void nn_softmax_i8(const struct nn_run *r);
void nn_conv_f32(const struct nn_run *r);
void nn_conv_f32_mve(const struct nn_run *r);
void nn_depthwise_f32(const struct nn_run *r);
void nn_depthwise_f32_mve(const struct nn_run *r);
void nn_avgpool_f32(const struct nn_run *r);
void nn_maxpool_f32(const struct nn_run *r);
void nn_add_f32(const struct nn_run *r);
void nn_relu_f32(const struct nn_run *r);
void nn_softmax_f32(const struct nn_run *r);

/* cmsis_nn.c */
void nn_conv_i8_cmsis(const struct nn_run *r);
void nn_depthwise_i8_cmsis(const struct nn_run *r);
void nn_dense_i8_cmsis(const struct nn_run *r);
void nn_avgpool_i8_cmsis(const struct nn_run *r);
void nn_maxpool_i8_cmsis(const struct nn_run *r);
void nn_add_i8_cmsis(const struct nn_run *r);
uint64_t nn_cmsis_bytes(const struct nn_layer *l);

/* TensorFlow Lite's headroom for both inputs of an addition. */
enum { NN_ADD_SHIFT = 20 };

/* The part of the input that output pixel (y, x) sees, as bytes in the order
 * of the weights; what lies outside is in_zero.  `patch` has room for it
 * rounded up to 4, filled up with 0.  Returns the input itself where it is
 * already like that. */
const int8_t *nn_patch(
    const struct nn_run *r, uint32_t y, uint32_t x, int8_t *patch);

/* Where a window starts and ends inside the input, in one direction. */
struct nn_span {
    int32_t from, to; /* taps from..to-1 are inside */
    int32_t at;       /* position of tap 0, which may be outside */
};

static inline struct nn_span
nn_span(
    uint32_t out, uint32_t stride, uint32_t pad, uint32_t kernel, uint32_t size)
{
    int32_t at = (int32_t)(out * stride) - (int32_t)pad;
    int32_t left = (int32_t)size - at;

    return (struct nn_span){ .from = at < 0 ? -at : 0,
        .to = left < (int32_t)kernel ? left : (int32_t)kernel,
        .at = at };
}

static inline const int8_t *
in_i8(const struct nn_run *r)
{
    return (const int8_t *)(r->arena + r->layer->in);
}

static inline int8_t *
out_i8(const struct nn_run *r)
{
    return (int8_t *)(r->arena + r->layer->out);
}

/* Offsets are multiples of 4 and so are the starts of image and arena. */
static inline const float *
in_f32(const struct nn_run *r)
{
    return (const float *)(const void *)(r->arena + r->layer->in);
}

static inline float *
out_f32(const struct nn_run *r)
{
    return (float *)(void *)(r->arena + r->layer->out);
}

static inline const float *
image_f32(const struct nn_run *r, uint32_t at)
{
    return (const float *)(const void *)(r->image + at);
}

static inline const int32_t *
image_i32(const struct nn_run *r, uint32_t at)
{
    return (const int32_t *)(const void *)(r->image + at);
}

/* Bias without the input's zero point, of an int8 layer. */
static inline const int32_t *
image_raw_bias(const struct nn_run *r)
{
    return image_i32(r, r->layer->bias) + r->layer->out_c;
}

static inline struct nn_scale
image_scale(const struct nn_run *r, uint32_t channel)
{
    const int32_t *v = image_i32(r, r->layer->scales) + channel;

    return (struct nn_scale){ v[0], v[r->layer->out_c] };
}

static inline float
hold_f32(float v, const struct nn_layer *l)
{
    v = v < l->low_f ? l->low_f : v;
    return v > l->high_f ? l->high_f : v;
}

#endif
