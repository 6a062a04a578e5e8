/* SPDX-License-Identifier: MIT */
/*
 * int8 depthwise convolution with the DSP extension: four channels at a time,
 * widened once as they are brought to the ring: of each column a word of
 * channels 0 and 2 and one of 1 and 3.  A tap of four channels is two loads
 * and four products.
 */
#include "probes/nn/depthwise_ring.h"
#include "probes/nn/finish.h"

enum { BLOCK = 4 }; /* channels */

/* What does not change over a block's pixels. */
struct block {
    int32_t bias[BLOCK]; /* doubled, as are the weights: see finish.h */
    struct finish finish[BLOCK];
    const uint32_t *weights; /* here too: registers are few */
};

static uint32_t *
widen(uint32_t *to, const int8_t *in, uint32_t step, uint32_t n)
{
    for (; n > 0; n--, in += step, to += RING_WORDS) {
        uint32_t v = dsp_load(in);

        to[0] = dsp_even(v);
        to[1] = dsp_odd(v);
    }
    return to;
}

static void
begin(const struct ring *s, size_t n_weights)
{
    struct block *b = s->ctx;

    b->weights = s->weights;
    for (uint32_t i = 0; i < BLOCK; i++) {
        b->bias[i] = 2 * image_i32(s->r, s->r->layer->bias)[s->c + i];
        b->finish[i] = finish_of(image_scale(s->r, s->c + i));
    }
    for (uint32_t *w = s->weights; w < s->weights + n_weights; w++)
        *w = dsp_add16(*w, *w);
}

static inline __attribute__((always_inline)) void
row(const struct ring *s, const uint32_t *const *rows, int8_t *out,
    uint32_t kernel_h, uint32_t kernel_w)
{
    const struct nn_layer *l = s->r->layer;
    const struct block *block = s->ctx;
    const size_t step = (size_t)l->stride_w * RING_WORDS, next = l->out_c;
    const int8_t *const end = out + s->width * next;
    const int32_t zero = finish_zero(l);

    for (size_t at = 0; out != end; at += step, out += next) {
        int32_t a = block->bias[0], b = block->bias[1];
        int32_t c = block->bias[2], d = block->bias[3];
        const uint32_t *w = block->weights;

#pragma GCC unroll 3
        for (uint32_t i = 0; i < kernel_h; i++) {
            const uint32_t *in = rows[i] + at;

#pragma GCC unroll 3
            for (uint32_t k = 0; k < kernel_w; k++)
                dsp_tap(&a, &b, &c, &d, &in, &w);
        }
        out[0] = finish(block->finish[0], a, zero);
        out[1] = finish(block->finish[1], b, zero);
        out[2] = finish(block->finish[2], c, zero);
        out[3] = finish(block->finish[3], d, zero);
    }
}

RING_WAY(way, BLOCK, widen, begin, row);

void
nn_depthwise_i8_dsp(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    struct block block;

    if (nn_ring_bytes(l) == 0 || !finish_fits(r))
        nn_depthwise_i8(r);
    else
        nn_ring_run(
            r, &way, ((uint32_t)l->in_zero & 0xffff) * 0x10001u, &block);
}
