/* SPDX-License-Identifier: MIT */
/* int8 depthwise convolution with as many outputs as inputs, plain and with
 * the DSP extension (four channels at a time). */
#include "probes/nn/kernel.h"
#include "probes/nn/scale.h"

/* Where the taps of one output pixel are. */
struct window {
    const struct nn_run *r;
    struct nn_span v, h;
};

static int8_t
channel(const struct window *p, uint32_t c)
{
    const struct nn_layer *l = p->r->layer;
    const int8_t *w = (const int8_t *)(p->r->image + l->weights) + c;
    const int8_t *in = in_i8(p->r) + c;
    int32_t sum = image_i32(p->r, l->bias)[c];

    for (int32_t i = p->v.from; i < p->v.to; i++)
        for (int32_t k = p->h.from; k < p->h.to; k++) {
            uint32_t at =
                (uint32_t)(p->v.at + i) * l->in_w + (uint32_t)(p->h.at + k);
            uint32_t tap = (uint32_t)i * l->kernel_w + (uint32_t)k;

            sum += (in[at * l->in_c] - l->in_zero) * w[tap * l->in_c];
        }
    sum = scale_i32(sum, image_scales(p->r)[c]);
    return hold_i8(sum + l->out_zero, l);
}

/* Sums of channels c to c + 3. */
static void
four_channels(const struct window *p, uint32_t c, int8_t *out)
{
    const struct nn_layer *l = p->r->layer;
    const struct nn_scale *scales = image_scales(p->r) + c;
    const int32_t *bias = image_i32(p->r, l->bias) + c;
    uint32_t zero = (uint32_t)(-l->in_zero & 0xffff) * 0x10001u;
    int32_t s0 = bias[0], s1 = bias[1], s2 = bias[2], s3 = bias[3];

    for (int32_t i = p->v.from; i < p->v.to; i++) {
        const int8_t *in = in_i8(p->r) + c +
                           ((uint32_t)(p->v.at + i) * l->in_w +
                               (uint32_t)(p->h.at + p->h.from)) *
                               l->in_c;
        const int8_t *w =
            (const int8_t *)(p->r->image + l->weights) + c +
            ((uint32_t)i * l->kernel_w + (uint32_t)p->h.from) * l->in_c;

        for (int32_t k = p->h.from; k < p->h.to;
             k++, in += l->in_c, w += l->in_c) {
            uint32_t x = dsp_load(in), y = dsp_load(w);
            uint32_t x_even = dsp_add16(zero, dsp_even(x));
            uint32_t x_odd = dsp_add16(zero, dsp_odd(x));
            uint32_t y_even = dsp_even(y), y_odd = dsp_odd(y);

            s0 = dsp_smlabb(x_even, y_even, s0);
            s1 = dsp_smlabb(x_odd, y_odd, s1);
            s2 = dsp_smlatt(x_even, y_even, s2);
            s3 = dsp_smlatt(x_odd, y_odd, s3);
        }
    }
    out[0] = hold_i8(scale_i32_dsp(s0, scales[0]) + l->out_zero, l);
    out[1] = hold_i8(scale_i32_dsp(s1, scales[1]) + l->out_zero, l);
    out[2] = hold_i8(scale_i32_dsp(s2, scales[2]) + l->out_zero, l);
    out[3] = hold_i8(scale_i32_dsp(s3, scales[3]) + l->out_zero, l);
}

void
nn_depthwise_i8(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    uint32_t by_four = r->kernels == NN_DSP ? l->out_c / 4 * 4 : 0;
    struct window p = { .r = r };
    int8_t *out = out_i8(r);

    for (uint32_t y = 0; y < l->out_h; y++) {
        p.v = nn_span(y, l->stride_h, l->pad_top, l->kernel_h, l->in_h);
        for (uint32_t x = 0; x < l->out_w; x++, out += l->out_c) {
            p.h = nn_span(x, l->stride_w, l->pad_left, l->kernel_w, l->in_w);
            for (uint32_t c = 0; c < by_four; c += 4)
                four_channels(&p, c, out + c);
            for (uint32_t c = by_four; c < l->out_c; c++)
                out[c] = channel(&p, c);
        }
    }
}
