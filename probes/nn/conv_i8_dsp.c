/* SPDX-License-Identifier: MIT */
/*
 * int8 convolution and dense layers with the DSP extension: two pixels and
 * two output channels at a time, so that each value loaded is used twice.
 *
 * SXTB16 takes bytes 0 and 2 (or 1 and 3) of a word apart into two halves.
 * What the pixels see is taken apart once, in the order (0, 2), (1, 3), and
 * both pixels' words lie interleaved; weights are taken apart as they are
 * used.  (CMSIS-NN's idea of widened columns, arXiv 1801.06601.)
 */
#include "probes/nn/kernel.h"
#include "probes/nn/scale.h"

enum { WORDS = 4 }; /* of a group of 4 values: 2 of each pixel */

/* Widen one pixel's values into its half of the columns. */
static void
widen(uint32_t *column, const int8_t *in, uint32_t groups)
{
    for (uint32_t i = 0; i < groups; i++, in += 4, column += WORDS) {
        uint32_t v = dsp_load(in);

        column[0] = dsp_even(v);
        column[1] = dsp_odd(v);
    }
}

/* Four sums: pixel 0 and 1 of channel a, then of channel b. */
struct sums {
    int32_t a0, a1, b0, b1;
};

static inline __attribute__((always_inline)) struct sums
block(const uint32_t *column, const int8_t *wa, const int8_t *wb,
    uint32_t groups, struct sums s)
{
#pragma GCC unroll 4
    for (uint32_t i = 0; i < groups; i++, wa += 4, wb += 4, column += WORDS) {
        uint32_t a = dsp_load(wa), b = dsp_load(wb);
        uint32_t a_even = dsp_even(a), a_odd = dsp_odd(a);
        uint32_t b_even = dsp_even(b), b_odd = dsp_odd(b);

        s.a0 = dsp_smlad(a_even, column[0], s.a0);
        s.b0 = dsp_smlad(b_even, column[0], s.b0);
        s.a0 = dsp_smlad(a_odd, column[1], s.a0);
        s.b0 = dsp_smlad(b_odd, column[1], s.b0);
        s.a1 = dsp_smlad(a_even, column[2], s.a1);
        s.b1 = dsp_smlad(b_even, column[2], s.b1);
        s.a1 = dsp_smlad(a_odd, column[3], s.a1);
        s.b1 = dsp_smlad(b_odd, column[3], s.b1);
    }
    return s;
}

static inline __attribute__((always_inline)) int8_t
finish(int32_t sum, struct nn_scale f, const struct nn_layer *l)
{
    return hold_i8(scale_i32_dsp(sum, f) + l->out_zero, l);
}

/* All channels of two pixels; `out1` may be `out0`: then there is one. */
static void
two_pixels(
    const struct nn_run *r, const uint32_t *column, int8_t *out0, int8_t *out1)
{
    const struct nn_layer *l = r->layer;
    const int32_t *bias = image_i32(r, l->bias);
    const struct nn_scale *scales = image_scales(r);
    uint32_t size = l->kernel_h * l->kernel_w * l->in_c;
    const int8_t *w = (const int8_t *)(r->image + l->weights);

    for (uint32_t o = 0; o < l->out_c; o += 2, w += 2 * size) {
        /* The last of an odd number of channels is computed twice. */
        uint32_t next = o + 1 < l->out_c ? 1 : 0;
        struct sums s = { bias[o], bias[o], bias[o + next], bias[o + next] };

        s = block(column, w, w + next * size, (size + 3) / 4, s);
        out1[o] = finish(s.a1, scales[o], l);
        out0[o] = finish(s.a0, scales[o], l);
        out1[o + next] = finish(s.b1, scales[o + next], l);
        out0[o + next] = finish(s.b0, scales[o + next], l);
    }
}

void
nn_conv_i8_dsp(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    uint32_t groups = (l->kernel_h * l->kernel_w * l->in_c + 3) / 4;
    uint32_t *column = (uint32_t *)(void *)(r->arena + l->scratch);
    int8_t *patch = (int8_t *)(column + (size_t)WORDS * groups);
    int8_t *out = out_i8(r), *pending = NULL;

    for (uint32_t y = 0; y < l->out_h; y++)
        for (uint32_t x = 0; x < l->out_w; x++, out += l->out_c) {
            uint32_t half = pending != NULL ? 2 : 0;

            widen(column + half, nn_patch(r, y, x, patch), groups);
            if (pending != NULL)
                two_pixels(r, column, pending, out);
            pending = pending != NULL ? NULL : out;
        }
    if (pending == NULL)
        return;
    for (uint32_t i = 0; i < groups; i++)
        memcpy(column + WORDS * i + 2, column + WORDS * i, 8);
    two_pixels(r, column, pending, pending);
}
