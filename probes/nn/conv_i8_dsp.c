/* SPDX-License-Identifier: MIT */
/*
 * int8 convolution and dense layers with the DSP extension: two pixels and
 * two output channels at a time, so that each value loaded is used twice.
 *
 * SXTB16 takes bytes 0 and 2 (or 1 and 3) of a word apart into two halves.
 * What the pixels see is taken apart once, in the order (0, 2), (1, 3), and
 * both pixels' words lie side by side; weights are taken apart as they are
 * used.  At least two output channels, and
 * outputs that are held to 127 above, as SSAT does.  (CMSIS-NN's idea of
 * widened columns, arXiv 1801.06601.)
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
        column[2] = dsp_odd(v);
    }
}

/* Add up a pair of channels: `w` are the weights of a, `size` bytes before
 * those of b. */
static inline __attribute__((always_inline)) void
block(struct dsp_sums *out, const int8_t *w, uint32_t size,
    const uint32_t *column)
{
    struct dsp_sums s = *out;
    uint32_t groups = (size + 3) / 4;

    for (; groups >= 4; groups -= 4) {
        dsp_group(&s, &w, size, &column);
        dsp_group(&s, &w, size, &column);
        dsp_group(&s, &w, size, &column);
        dsp_group(&s, &w, size, &column);
    }
    for (; groups > 0; groups--)
        dsp_group(&s, &w, size, &column);
    *out = s;
}

/* How the sums of one channel become outputs: scale_i32_dsp() with what does
 * not depend on the sum done beforehand. */
struct finish {
    int32_t mult, left, right, half, sign, zero, low;
};

static inline __attribute__((always_inline)) void
finish_channel(struct finish *f, struct nn_scale s)
{
    int32_t left = s.shift > 0 ? s.shift : 0;

    f->mult = s.mult;
    f->left = left + 1; /* SMMULR keeps the upper half of the product */
    f->right = left - s.shift;
    f->half = (int32_t)((1u << f->right) >> 1);
    f->sign = ~((f->right - 1) >> 31); /* 0 where nothing is divided */
}

static inline __attribute__((always_inline)) int8_t
finish(const struct finish *f, int32_t sum)
{
    int32_t v = dsp_smmulr((int32_t)((uint32_t)sum << f->left), f->mult);

    v = (v + ((v >> 31) & f->sign) + f->half) >> f->right;
    v = dsp_ssat8(v + f->zero);
    return (int8_t)(v < f->low ? f->low : v);
}

/* All channels of two pixels; `out1` may be `out0`: then there is one. */
static void
two_pixels(
    const struct nn_run *r, const uint32_t *column, int8_t *out0, int8_t *out1)
{
    const struct nn_layer *l = r->layer;
    const int32_t *bias = image_i32(r, l->bias);
    const struct nn_scale *scales = image_scales(r);
    uint32_t size = l->kernel_h * l->kernel_w * l->in_c, n = l->out_c;
    const int8_t *w = (const int8_t *)(r->image + l->weights);
    struct finish f = { .zero = l->out_zero, .low = l->low };

    for (uint32_t k = 0; k < n; k += 2) {
        /* Of an odd number the last but one is computed twice. */
        uint32_t o = k < n - 2 ? k : n - 2;
        struct dsp_sums s = { bias[o], bias[o], bias[o + 1], bias[o + 1] };

        block(&s, w + o * size, size, column);
        finish_channel(&f, scales[o]);
        out1[o] = finish(&f, s.a1);
        out0[o] = finish(&f, s.a0);
        finish_channel(&f, scales[o + 1]);
        out1[o + 1] = finish(&f, s.b1);
        out0[o + 1] = finish(&f, s.b0);
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
            uint32_t half = pending != NULL ? 1 : 0;

            widen(column + half, nn_patch(r, y, x, patch), groups);
            if (pending != NULL)
                two_pixels(r, column, pending, out);
            pending = pending != NULL ? NULL : out;
        }
    if (pending == NULL)
        return;
    for (uint32_t i = 0; i < groups; i++)
        for (uint32_t k = 0; k < WORDS; k += 2)
            column[WORDS * i + k + 1] = column[WORDS * i + k];
    two_pixels(r, column, pending, pending);
}
