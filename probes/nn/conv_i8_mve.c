/* SPDX-License-Identifier: MIT */
/*
 * int8 convolution and dense layers with MVE: three pixels and two output
 * channels at a time, sums of sixteen products by one instruction.  What a
 * pixel sees lies in one piece: in the input itself where that is so (1 x 1,
 * 1-D), or copied.
 *
 * Four channels are rescaled together.  Of channels that are left over the
 * last four are computed again, so there are at least four.
 */
#include "probes/nn/finish.h"
#include "probes/nn/mve.h"

enum { PIXELS = 3 };

/* What a layer's pixels share. */
struct job {
    const struct nn_layer *l;
    const int8_t *in, *weights;
    const int32_t *bias, *mult, *shift;
    uint32_t size; /* values that a pixel sees */
};

static const int8_t *
window(const struct job *j, uint32_t y, uint32_t x, int8_t *patch)
{
    const struct nn_layer *l = j->l;
    const struct nn_span v =
        nn_span(y, l->stride_h, l->pad_top, l->kernel_h, l->in_h);
    const struct nn_span h =
        nn_span(x, l->stride_w, l->pad_left, l->kernel_w, l->in_w);
    const uint32_t rows = (uint32_t)(v.to - v.from), pitch = l->in_w * l->in_c;
    const uint32_t columns = h.from < h.to ? (uint32_t)(h.to - h.from) : 0;
    const uint32_t each = l->kernel_w * l->in_c;
    const bool whole = rows == l->kernel_h && columns == l->kernel_w;
    const int8_t *from = j->in + (ptrdiff_t)(v.at + v.from) * pitch +
                         (ptrdiff_t)(h.at + h.from) * l->in_c;
    int8_t *to = patch + (uint32_t)v.from * each + (uint32_t)h.from * l->in_c;

    if (whole && (rows == 1 || each == pitch))
        return from;
    if (!whole)
        mve_fill(patch, l->in_zero, j->size);
    for (int32_t i = v.from; i < v.to; i++, from += pitch, to += each)
        mve_copy(to, from, columns * l->in_c);
    return patch;
}

/* How four channels are rescaled. */
struct four {
    mve_i32 mult, shift, zero, low, high;
};

static inline struct four
four_of(const struct job *j, uint32_t o)
{
    const struct nn_layer *l = j->l;

    return (struct four){ mve_words(j->mult + o), mve_words(j->shift + o),
        mve_all(l->out_zero), mve_all(l->low), mve_all(l->high) };
}

static inline void
put(const struct four *f, mve_i32 v, int8_t *out)
{
    v = mve_scale(v, f->mult, f->shift) + f->zero;
    mve_put_bytes(out, mve_least(mve_most(v, f->low), f->high));
}

static void
three_pixels(const struct job *j, const int8_t *const *in, int8_t *const *out)
{
    const int8_t *x = in[0], *y = in[1], *z = in[2];
    const uint32_t size = j->size, n = j->l->out_c;

    for (uint32_t k = 0; k < n; k += MVE_LANES) {
        const uint32_t o = k < n - MVE_LANES ? k : n - MVE_LANES;
        const int8_t *w = j->weights + (size_t)o * size;
        const int32_t *b = j->bias + o;
        struct mve_six s = { b[0], b[0], b[0], b[1], b[1], b[1] };
        mve_i32 vx, vy, vz;
        struct four f;

        mve_dot_six(&s, w, w + size, x, y, z, size);
        vx = mve_low_lanes(s.ax, s.bx);
        vy = mve_low_lanes(s.ay, s.by);
        vz = mve_low_lanes(s.az, s.bz);
        w += 2 * (size_t)size;
        s = (struct mve_six){ b[2], b[2], b[2], b[3], b[3], b[3] };
        mve_dot_six(&s, w, w + size, x, y, z, size);
        vx = mve_high_lanes(vx, s.ax, s.bx);
        vy = mve_high_lanes(vy, s.ay, s.by);
        vz = mve_high_lanes(vz, s.az, s.bz);
        f = four_of(j, o);
        put(&f, vx, out[0] + o);
        put(&f, vy, out[1] + o);
        put(&f, vz, out[2] + o);
    }
}

static void
one_pixel(const struct job *j, const int8_t *in, int8_t *out)
{
    const uint32_t size = j->size, n = j->l->out_c;

    for (uint32_t k = 0; k < n; k += MVE_LANES) {
        const uint32_t o = k < n - MVE_LANES ? k : n - MVE_LANES;
        const int32_t *b = j->bias + o;
        const struct four f = four_of(j, o);
        struct mve_four s = { b[0], b[1], b[2], b[3] };

        mve_dot_four(&s, j->weights + (size_t)o * size, in, size);
        put(&f, mve_high_lanes(mve_low_lanes(s.a, s.b), s.c, s.d), out + o);
    }
}

void
nn_conv_i8_mve(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    const struct job j = { .l = l,
        .in = in_i8(r),
        .weights = (const int8_t *)(r->image + l->weights),
        .bias = image_i32(r, l->bias),
        .mult = image_i32(r, l->scales),
        .shift = image_i32(r, l->scales) + l->out_c,
        .size = l->kernel_h * l->kernel_w * l->in_c };
    int8_t *patch = (int8_t *)(r->arena + l->scratch), *out = out_i8(r);
    const int8_t *in[PIXELS];
    int8_t *to[PIXELS];
    uint32_t n = 0;

    if (l->out_c < MVE_LANES || !finish_scales(r)) {
        nn_conv_i8_dsp(r);
        return;
    }
    for (uint32_t y = 0; y < l->out_h; y++)
        for (uint32_t x = 0; x < l->out_w; x++, out += l->out_c) {
            in[n] = window(&j, y, x, patch + (size_t)n * j.size);
            to[n++] = out;
            if (n == PIXELS) {
                three_pixels(&j, in, to);
                n = 0;
            }
        }
    for (uint32_t i = 0; i < n; i++)
        one_pixel(&j, in[i], to[i]);
}
