/* SPDX-License-Identifier: MIT */
/*
 * int8 depthwise convolution with MVE: eight channels at a time, which lie in
 * the ring as they are.  A tap of eight channels is two loads that widen, and
 * two products and two sums of every other channel.
 */
#include "probes/nn/depthwise_ring.h"
#include "probes/nn/dsp.h"
#include "probes/nn/finish.h"
#include "probes/nn/mve.h"

enum { BLOCK = 8 }; /* channels: the bytes of two words */

static uint32_t *
gather(uint32_t *to, const int8_t *in, uint32_t step, uint32_t n)
{
    for (; n > 0; n--, in += step, to += RING_WORDS) {
        to[0] = dsp_load(in);
        to[1] = dsp_load(in + 4);
    }
    return to;
}

static void
begin(const struct ring *s, size_t n_weights)
{
    (void)s; /* all that is needed lies in the image */
    (void)n_weights;
}

static inline __attribute__((always_inline)) void
row(const struct ring *s, const uint32_t *const *rows, int8_t *out,
    uint32_t kernel_h, uint32_t kernel_w)
{
    const struct nn_layer *l = s->r->layer;
    const int32_t *bias = image_i32(s->r, l->bias) + s->c;
    const int32_t *mult = image_i32(s->r, l->scales) + s->c;
    const int32_t *shift = mult + l->out_c;
    const size_t step = (size_t)l->stride_w * RING_WORDS, next = l->out_c;
    const struct mve_ends ends = mve_ends_of(l);
    const int8_t *weights = (const int8_t *)s->weights;

    for (size_t n = s->width, at = 0; n > 0; n--, at += step, out += next) {
        mve_eight sum = mve_words_of_eight(bias), m, by;
        const int8_t *w = weights;

#pragma GCC unroll 3
        for (uint32_t i = 0; i < kernel_h; i++) {
            const int8_t *in = (const int8_t *)(rows[i] + at);

#pragma GCC unroll 3
            for (uint32_t k = 0; k < kernel_w; k++)
                mve_tap(&sum.val[0], &sum.val[1], &in, &w);
        }
        m = mve_words_of_eight(mult);
        by = mve_words_of_eight(shift);
        mve_put_eight(out, mve_scale(sum.val[0], m.val[0], by.val[0]),
            mve_scale(sum.val[1], m.val[1], by.val[1]), &ends);
    }
}

RING_WAY(way, BLOCK, gather, begin, row);

void
nn_depthwise_i8_mve(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;

    if (nn_ring_bytes(l) == 0 || l->out_c < BLOCK || !finish_scales(r))
        nn_depthwise_i8_dsp(r);
    else
        nn_ring_run(r, &way, ((uint32_t)l->in_zero & 0xff) * 0x01010101u, NULL);
}
