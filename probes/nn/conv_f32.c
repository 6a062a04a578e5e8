/* SPDX-License-Identifier: MIT */
/* float32 convolution, depthwise convolution and dense layers. */
#include "probes/nn/kernel.h"

static float
dot(const float *in, const float *w, uint32_t n, float sum)
{
    for (uint32_t c = 0; c < n; c++)
        sum += in[c] * w[c];
    return sum;
}

static float
channel(const struct nn_run *r, const struct nn_span *v,
    const struct nn_span *h, uint32_t o)
{
    const struct nn_layer *l = r->layer;
    const float *w = image_f32(r, l->weights) +
                     (size_t)o * l->kernel_h * l->kernel_w * l->in_c;
    float sum = image_f32(r, l->bias)[o];

    for (int32_t i = v->from; i < v->to && h->from < h->to; i++) {
        uint32_t at =
            (uint32_t)(v->at + i) * l->in_w + (uint32_t)(h->at + h->from);
        uint32_t tap = (uint32_t)i * l->kernel_w + (uint32_t)h->from;

        sum = dot(in_f32(r) + (size_t)at * l->in_c, w + (size_t)tap * l->in_c,
            (uint32_t)(h->to - h->from) * l->in_c, sum);
    }
    return sum;
}

static float
channel_alone(const struct nn_run *r, const struct nn_span *v,
    const struct nn_span *h, uint32_t c)
{
    const struct nn_layer *l = r->layer;
    const float *w = image_f32(r, l->weights) + c, *in = in_f32(r) + c;
    float sum = image_f32(r, l->bias)[c];

    for (int32_t i = v->from; i < v->to; i++)
        for (int32_t k = h->from; k < h->to; k++) {
            uint32_t at =
                (uint32_t)(v->at + i) * l->in_w + (uint32_t)(h->at + k);
            uint32_t tap = (uint32_t)i * l->kernel_w + (uint32_t)k;

            sum += in[(size_t)at * l->in_c] * w[(size_t)tap * l->in_c];
        }
    return sum;
}

typedef float channel_fn(const struct nn_run *r, const struct nn_span *v,
    const struct nn_span *h, uint32_t c);

static void
each_pixel(const struct nn_run *r, channel_fn *fn)
{
    const struct nn_layer *l = r->layer;
    float *out = out_f32(r);

    for (uint32_t y = 0; y < l->out_h; y++)
        for (uint32_t x = 0; x < l->out_w; x++, out += l->out_c) {
            struct nn_span v =
                nn_span(y, l->stride_h, l->pad_top, l->kernel_h, l->in_h);
            struct nn_span h =
                nn_span(x, l->stride_w, l->pad_left, l->kernel_w, l->in_w);

            for (uint32_t c = 0; c < l->out_c; c++)
                out[c] = hold_f32(fn(r, &v, &h, c), l);
        }
}

void
nn_conv_f32(const struct nn_run *r)
{
    each_pixel(r, channel);
}

void
nn_depthwise_f32(const struct nn_run *r)
{
    each_pixel(r, channel_alone);
}
