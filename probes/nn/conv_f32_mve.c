/* SPDX-License-Identifier: MIT */
/*
 * float32 convolution, dense and depthwise layers with MVE.  A convolution has
 * four output channels of a pixel at a time, each with four sums in lanes, and
 * goes through the rows of the window where they lie in the input: nothing is
 * copied, and padding costs nothing.  A depthwise one has eight channels in
 * lanes.
 *
 * Of channels that are left over the last block is computed again.
 */
#include <stdbool.h>

#include "probes/nn/kernel.h"
#include "probes/nn/mve_f32.h"

enum { ROWS = 4, CHANNELS = 2 * MVE_FLOATS };

/* What a pixel sees inside the input, and where its output goes. */
struct window {
    const float *in;
    uint32_t rows, columns;
    size_t tap; /* the first one inside */
    float *out;
};

typedef void window_fn(const struct nn_run *r, const struct window *w);

static void
each_pixel(const struct nn_run *r, window_fn *fn)
{
    const struct nn_layer *l = r->layer;
    float *out = out_f32(r);

    for (uint32_t y = 0; y < l->out_h; y++) {
        const struct nn_span v =
            nn_span(y, l->stride_h, l->pad_top, l->kernel_h, l->in_h);

        for (uint32_t x = 0; x < l->out_w; x++, out += l->out_c) {
            const struct nn_span h =
                nn_span(x, l->stride_w, l->pad_left, l->kernel_w, l->in_w);
            const bool seen = v.from < v.to && h.from < h.to;
            const size_t at =
                (size_t)(v.at + v.from) * l->in_w + (size_t)(h.at + h.from);
            const struct window w = { .in = in_f32(r) + at * l->in_c,
                .rows = seen ? (uint32_t)(v.to - v.from) : 0,
                .columns = (uint32_t)(h.to - h.from),
                .tap = (size_t)v.from * l->kernel_w + (size_t)h.from,
                .out = out };

            fn(r, &w);
        }
    }
}

static void
pixel(const struct nn_run *r, const struct window *w)
{
    const struct nn_layer *l = r->layer;
    const uint32_t each = l->kernel_w * l->in_c, size = l->kernel_h * each;
    const uint32_t pitch = l->in_w * l->in_c, n = w->columns * l->in_c;
    const uint32_t rows = w->rows, n_out = l->out_c;
    const float *weights = image_f32(r, l->weights) + w->tap * l->in_c;
    const float *bias = image_f32(r, l->bias), *const in = w->in;
    const mve_f32 zero = mve_all_f32(0);
    float *out = w->out;

    for (uint32_t k = 0; k < n_out; k += ROWS) {
        const uint32_t o = k < n_out - ROWS ? k : n_out - ROWS;
        const float *x = in, *row = weights + (size_t)o * size;
        struct mve_four_f32 s = { zero, zero, zero, zero };
        mve_f32 v;

        for (uint32_t i = rows; i > 0; i--, x += pitch, row += each)
            mve_dot_four_f32(&s, row, size, x, n);
        v = mve_across_f32(&s) + mve_floats(bias + o);
        v = mve_hold_f32(v, mve_all_f32(l->low_f), mve_all_f32(l->high_f));
        mve_put_floats(out + o, v);
    }
}

/* The same where each channel is by itself. */
static void
pixel_alone(const struct nn_run *r, const struct window *w)
{
    const struct nn_layer *l = r->layer;
    const mve_f32 low = mve_all_f32(l->low_f), high = mve_all_f32(l->high_f);
    const uint32_t n = l->out_c, each = l->kernel_w * n, pitch = l->in_w * n;
    const float *weights = image_f32(r, l->weights) + w->tap * n;
    const float *bias = image_f32(r, l->bias);

    for (uint32_t k = 0; k < n; k += CHANNELS) {
        const uint32_t c = k < n - CHANNELS ? k : n - CHANNELS;
        const float *row = w->in + c, *taps = weights + c;
        mve_f32 a = mve_floats(bias + c);
        mve_f32 b = mve_floats(bias + c + MVE_FLOATS);

        for (uint32_t i = w->rows; i > 0; i--, row += pitch, taps += each) {
            const float *x = row, *t = taps;

            for (uint32_t j = w->columns; j > 0; j--, x += n, t += n) {
                a = mve_add_product(a, mve_floats(x), mve_floats(t));
                b = mve_add_product(
                    b, mve_floats(x + MVE_FLOATS), mve_floats(t + MVE_FLOATS));
            }
        }
        mve_put_floats(w->out + c, mve_hold_f32(a, low, high));
        mve_put_floats(w->out + c + MVE_FLOATS, mve_hold_f32(b, low, high));
    }
}

void
nn_conv_f32_mve(const struct nn_run *r)
{
    if (r->layer->out_c < ROWS)
        nn_conv_f32(r);
    else
        each_pixel(r, pixel);
}

void
nn_depthwise_f32_mve(const struct nn_run *r)
{
    if (r->layer->out_c < CHANNELS)
        nn_depthwise_f32(r);
    else
        each_pixel(r, pixel_alone);
}
