/* SPDX-License-Identifier: MIT */
/* int8 depthwise convolution with as many outputs as inputs. */
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
    int32_t sum = image_raw_bias(p->r)[c];

    for (int32_t i = p->v.from; i < p->v.to; i++)
        for (int32_t k = p->h.from; k < p->h.to; k++) {
            uint32_t at =
                (uint32_t)(p->v.at + i) * l->in_w + (uint32_t)(p->h.at + k);
            uint32_t tap = (uint32_t)i * l->kernel_w + (uint32_t)k;

            sum += (in[at * l->in_c] - l->in_zero) * w[tap * l->in_c];
        }
    sum = scale_i32(sum, image_scale(p->r, c));
    return hold_i8(sum + l->out_zero, l);
}

void
nn_depthwise_i8(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    struct window p = { .r = r };
    int8_t *out = out_i8(r);

    for (uint32_t y = 0; y < l->out_h; y++) {
        p.v = nn_span(y, l->stride_h, l->pad_top, l->kernel_h, l->in_h);
        for (uint32_t x = 0; x < l->out_w; x++, out += l->out_c) {
            p.h = nn_span(x, l->stride_w, l->pad_left, l->kernel_w, l->in_w);
            for (uint32_t c = 0; c < l->out_c; c++)
                out[c] = channel(&p, c);
        }
    }
}
