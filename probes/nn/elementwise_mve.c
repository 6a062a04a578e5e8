/* SPDX-License-Identifier: MIT */
/* int8 addition and pooling with MVE: four sums, or sixteen maxima, at a time.
 * Of sums that are left over the last four are computed again. */
#include "probes/nn/finish.h"
#include "probes/nn/mve.h"

/* One input of an addition, shifted to the left before it is rescaled. */
struct addend {
    struct nn_scale scale;
    int32_t zero, left;
};

/* A factor of exactly a half, as the larger scale has it (quant.h), is made
 * one below a half of twice the number: the same to the bit, since the last
 * bit of that is 0. */
static bool
addend_of(struct nn_scale s, int32_t zero, struct addend *out)
{
    const bool half = s.mult == 1 << 30 && s.shift == 0;

    if (half)
        s.shift = -1;
    *out = (struct addend){ s, zero, NN_ADD_SHIFT + (half ? 1 : 0) };
    return finish_is_usual(s);
}

static inline mve_i32
scaled(const struct addend *a, const int8_t *at)
{
    mve_i32 v = mve_bytes(at) - mve_all(a->zero);

    return mve_scale_all(mve_shift_left(v, a->left), a->scale);
}

void
nn_add_i8_mve(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    const int8_t *a = in_i8(r), *b = (const int8_t *)(r->arena + l->in2);
    const mve_i32 zero = mve_all(l->out_zero);
    const mve_i32 low = mve_all(l->low), high = mve_all(l->high);
    const uint32_t n = (uint32_t)nn_out_count(l);
    const struct nn_scale last = l->factor[2];
    int8_t *out = out_i8(r);
    struct addend x, y;

    if (n < MVE_LANES || !finish_is_usual(last) ||
        !addend_of(l->factor[0], l->in_zero, &x) ||
        !addend_of(l->factor[1], l->in2_zero, &y)) {
        nn_add_i8(r);
        return;
    }
    for (uint32_t k = 0; k < n; k += MVE_LANES) {
        const uint32_t i = k < n - MVE_LANES ? k : n - MVE_LANES;
        mve_i32 v = scaled(&x, a + i) + scaled(&y, b + i);

        v = mve_scale_all(v, last) + zero;
        mve_put_bytes(out + i, mve_least(mve_most(v, low), high));
    }
}

/* ---- pooling ---- */

/* What a window sees inside the input: rows of columns of channels. */
struct view {
    const int8_t *in;
    uint32_t rows, columns, pitch, step;
};

enum { CHANNELS = 2 * MVE_LANES }; /* averaged at a time */

typedef void pool_fn(
    const struct nn_layer *l, const struct view *v, int8_t *out);

static void
each_window(const struct nn_run *r, pool_fn *fn)
{
    const struct nn_layer *l = r->layer;
    int8_t *out = out_i8(r);

    for (uint32_t y = 0; y < l->out_h; y++)
        for (uint32_t x = 0; x < l->out_w; x++, out += l->out_c) {
            const struct nn_span v =
                nn_span(y, l->stride_h, l->pad_top, l->kernel_h, l->in_h);
            const struct nn_span h =
                nn_span(x, l->stride_w, l->pad_left, l->kernel_w, l->in_w);
            const size_t at =
                (size_t)(v.at + v.from) * l->in_w + (size_t)(h.at + h.from);
            struct view seen = { in_i8(r) + at * l->in_c,
                (uint32_t)(v.to - v.from), (uint32_t)(h.to - h.from),
                l->in_w * l->in_c, l->in_c };

            if (seen.columns == l->in_w) { /* rows follow each other */
                seen.columns *= seen.rows;
                seen.rows = 1;
            }
            fn(l, &seen, out);
        }
}

static void
maximum(const struct nn_layer *l, const struct view *v, int8_t *out)
{
    for (uint32_t c = 0; c < l->out_c; c += MVE_BYTES) {
        const uint32_t left = l->out_c - c;
        mve_i8 most = mve_same(l->low); /* it is held to that anyway */

        for (uint32_t i = 0; i < v->rows; i++) {
            const int8_t *in = v->in + (size_t)i * v->pitch + c;

            for (uint32_t k = 0; k < v->columns; k++, in += v->step)
                most = mve_more(most, mve_many(in, left));
        }
        mve_put_many(out + c, mve_less(most, mve_same(l->high)), left);
    }
}

/* A sum of n values over n, to the nearest (halves away from zero) and held.
 * With m as 2^32 / n rounded up, m * n is less than n above 2^32, so x * m /
 * 2^32 is x / n rounded down as long as x * n < 2^32; x is at most 128.5 * n
 * here. */
enum { AVERAGED_MAX = 4096 };

static inline void
put_average(const struct nn_layer *l, mve_i32 sum, uint32_t n, int8_t *out)
{
    const mve_i32 sign = sum >> 31;
    mve_i32 v = ((sum ^ sign) - sign) + mve_all((int32_t)(n / 2));

    if (n > 1)
        v = mve_high_half(v, UINT32_MAX / n + 1);
    v = (v ^ sign) - sign;
    mve_put_bytes(
        out, mve_least(mve_most(v, mve_all(l->low)), mve_all(l->high)));
}

/* Eight channels: two registers of sums. */
static void
average(const struct nn_layer *l, const struct view *v, int8_t *out)
{
    const uint32_t n = v->rows * v->columns, last = l->out_c - CHANNELS;

    for (uint32_t k = 0; k < l->out_c; k += CHANNELS) {
        const uint32_t c = k < last ? k : last;
        mve_i32 low = mve_all(0), high = low;

        for (uint32_t y = 0; y < v->rows; y++) {
            const int8_t *in = v->in + (size_t)y * v->pitch + c;

            for (uint32_t x = v->columns; x > 0; x--, in += v->step) {
                low += mve_bytes(in);
                high += mve_bytes(in + MVE_LANES);
            }
        }
        put_average(l, low, n, out + c);
        put_average(l, high, n, out + c + MVE_LANES);
    }
}

void
nn_maxpool_i8_mve(const struct nn_run *r)
{
    each_window(r, maximum);
}

void
nn_avgpool_i8_mve(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;

    if (l->out_c < CHANNELS ||
        (uint64_t)l->kernel_h * l->kernel_w > AVERAGED_MAX)
        nn_avgpool_i8(r);
    else
        each_window(r, average);
}
