/* SPDX-License-Identifier: MIT */
/*
 * int8 convolution and dense layers with the DSP extension: two pixels and
 * two output channels at a time, so that each value loaded is used twice.
 *
 * SXTB16 takes bytes 0 and 2 (or 1 and 3) of a word apart into two halves.
 * What the pixels see is taken apart once, in the order (0, 2), (1, 3), and
 * both pixels' words lie side by side; weights are taken apart as they are
 * used.  At least two output channels.  (CMSIS-NN's idea of widened columns,
 * arXiv 1801.06601.)
 *
 * A pixel alone (a dense layer, the last one of an odd number) has its bytes
 * used by four channels at once instead.
 */
#include "probes/nn/finish.h"

enum { WORDS = 4 }; /* of a group of 4 values: 2 of each pixel */

/* Widen values of one pixel into its half of the columns; returns where the
 * next ones go. */
static uint32_t *
widen(uint32_t *column, const int8_t *in, uint32_t groups)
{
    for (uint32_t i = 0; i < groups; i++, in += 4, column += WORDS) {
        uint32_t v = dsp_load(in);

        column[0] = dsp_even(v);
        column[2] = dsp_odd(v);
    }
    return column;
}

static uint32_t *
fill(uint32_t *column, uint32_t value, uint32_t groups)
{
    for (uint32_t i = 0; i < groups; i++, column += WORDS)
        column[0] = column[2] = value;
    return column;
}

/* The same for all that a pixel sees, where channels come in fours: straight
 * from the input. */
static void
widen_window(const struct nn_run *r, uint32_t y, uint32_t x, uint32_t *column)
{
    const struct nn_layer *l = r->layer;
    const struct nn_span v =
        nn_span(y, l->stride_h, l->pad_top, l->kernel_h, l->in_h);
    const struct nn_span h =
        nn_span(x, l->stride_w, l->pad_left, l->kernel_w, l->in_w);
    const uint32_t fours = l->in_c / 4, row = l->kernel_w * fours;
    const uint32_t zero = ((uint32_t)l->in_zero & 0xffff) * 0x10001u;

    for (int32_t i = 0; i < (int32_t)l->kernel_h; i++) {
        bool seen = i >= v.from && i < v.to && h.from < h.to;
        uint32_t before = seen ? (uint32_t)h.from * fours : row;
        uint32_t n = seen ? (uint32_t)(h.to - h.from) * fours : 0;
        size_t at =
            seen ? (size_t)(v.at + i) * l->in_w + (size_t)(h.at + h.from) : 0;

        column = fill(column, zero, before);
        column = widen(column, in_i8(r) + at * l->in_c, n);
        column = fill(column, zero, row - before - n);
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

/* All channels of two pixels. */
static void
two_pixels(
    const struct nn_run *r, const uint32_t *column, int8_t *out0, int8_t *out1)
{
    const struct nn_layer *l = r->layer;
    const int32_t *bias = image_i32(r, l->bias);
    uint32_t size = l->kernel_h * l->kernel_w * l->in_c, n = l->out_c;
    const int8_t *w = (const int8_t *)(r->image + l->weights);
    const int32_t zero = finish_zero(l);

    for (uint32_t k = 0; k < n; k += 2) {
        /* Of an odd number the last but one is computed twice. */
        uint32_t o = k < n - 2 ? k : n - 2;
        struct dsp_sums s = { bias[o], bias[o], bias[o + 1], bias[o + 1] };
        struct finish f = finish_of(image_scale(r, o));

        block(&s, w + o * size, size, column);
        out1[o] = finish(f, 2 * s.a1, zero);
        out0[o] = finish(f, 2 * s.a0, zero);
        f = finish_of(image_scale(r, o + 1));
        out1[o + 1] = finish(f, 2 * s.b1, zero);
        out0[o + 1] = finish(f, 2 * s.b0, zero);
    }
}

/* Add up two pairs of channels, whose weights begin at w and v. */
static inline __attribute__((always_inline)) void
two_pairs(struct dsp_four *out, const int8_t *w, const int8_t *v, uint32_t size,
    const int8_t *in)
{
    struct dsp_four s = *out;
    uint32_t groups = (size + 3) / 4;

    for (; groups >= 4; groups -= 4) {
        dsp_four(&s, &w, &v, size, &in);
        dsp_four(&s, &w, &v, size, &in);
        dsp_four(&s, &w, &v, size, &in);
        dsp_four(&s, &w, &v, size, &in);
    }
    for (; groups > 0; groups--)
        dsp_four(&s, &w, &v, size, &in);
    *out = s;
}

/* All channels of one pixel, which sees `in`, two pairs at a time; of pairs
 * that are left over the last is computed again. */
static void
one_pixel(const struct nn_run *r, const int8_t *in, int8_t *out)
{
    const struct nn_layer *l = r->layer;
    const int32_t *bias = image_i32(r, l->bias);
    const uint32_t size = l->kernel_h * l->kernel_w * l->in_c;
    const uint32_t last = l->out_c - 2;
    const int8_t *weights = (const int8_t *)(r->image + l->weights);
    const int32_t zero = finish_zero(l);

    for (uint32_t k = 0; k < l->out_c; k += 4) {
        const uint32_t o = k < last ? k : last;
        const uint32_t p = k + 2 < last ? k + 2 : last;
        struct dsp_four s = { bias[o], bias[o + 1], bias[p], bias[p + 1] };

        two_pairs(&s, weights + o * size, weights + p * size, size, in);
        out[o] = finish(finish_of(image_scale(r, o)), 2 * s.a, zero);
        out[o + 1] = finish(finish_of(image_scale(r, o + 1)), 2 * s.b, zero);
        out[p] = finish(finish_of(image_scale(r, p)), 2 * s.c, zero);
        out[p + 1] = finish(finish_of(image_scale(r, p + 1)), 2 * s.d, zero);
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
    const int8_t *const last = out + (l->out_h * l->out_w - 1) * l->out_c;

    if (l->out_c < 2 || !finish_fits(r)) {
        nn_conv_i8(r);
        return;
    }
    for (uint32_t y = 0; y < l->out_h; y++)
        for (uint32_t x = 0; x < l->out_w; x++, out += l->out_c) {
            uint32_t *to = column + (pending != NULL ? 1 : 0);

            if (pending == NULL && out == last) {
                one_pixel(r, nn_patch(r, y, x, patch), out);
                return;
            }
            if (l->in_c % 4 == 0)
                widen_window(r, y, x, to);
            else
                widen(to, nn_patch(r, y, x, patch), groups);
            if (pending != NULL)
                two_pixels(r, column, pending, out);
            pending = pending != NULL ? NULL : out;
        }
}
