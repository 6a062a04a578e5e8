/* SPDX-License-Identifier: MIT */
/*
 * int8 depthwise convolution with the DSP extension: four channels at a time
 * over the whole layer.
 *
 * The rows that a window sees are kept in a ring, padded with the zero point
 * and widened once: for each column two words, of channels 0 and 2 and of 1
 * and 3.  Weights are widened in the same way, so that a tap of four channels
 * is two loads and four products and nothing depends on where it lies.  A
 * wide output is made in tiles, which bounds the rows.  Of channels that are
 * left over the last four are computed again.
 */
#include "probes/nn/finish.h"

enum {
    BLOCK = 4, /* channels */
    WORDS = 2, /* of a column, and of a tap */
    TILE = 64, /* output columns at a time */
    ROWS = 16, /* of a window, at most */
    WORDS_MAX = 2048
};

static uint64_t
columns_of(const struct nn_layer *l, uint32_t width)
{
    return (uint64_t)(width - 1) * l->stride_w + l->kernel_w;
}

/* The ring and the weights. */
uint64_t
nn_depthwise_dsp_bytes(const struct nn_layer *l)
{
    uint64_t columns = columns_of(l, l->out_w < TILE ? l->out_w : TILE);
    uint64_t words = WORDS * l->kernel_h * (columns + l->kernel_w);

    return l->kernel_h > ROWS || l->out_c < BLOCK || words > WORDS_MAX
               ? 0
               : words * 4;
}

struct strip {
    const struct nn_run *r;
    uint32_t c;       /* the first channel */
    uint32_t width;   /* output columns of the tile */
    const int8_t *in; /* the first column inside, of row 0 .. */
    uint32_t before;  /* .. the words of a row before it .. */
    uint32_t inside;  /* .. and how many columns there are */
    uint32_t row_words;
    uint32_t *weights, *ring, *end;
    uint32_t zero;       /* the zero point in both halves */
    int32_t bias[BLOCK]; /* doubled, as are the weights: see finish.h */
    struct finish finish[BLOCK];
};

static uint32_t *
widen(uint32_t *to, const int8_t *in, uint32_t step, uint32_t n)
{
    for (; n > 0; n--, in += step, to += WORDS) {
        uint32_t v = dsp_load(in);

        to[0] = dsp_even(v);
        to[1] = dsp_odd(v);
    }
    return to;
}

static void
fill(uint32_t *to, uint32_t word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = word;
}

/* Bring row `y` of the input, or padding, to its place in the ring. */
static void
bring_row(const struct strip *s, int32_t y, uint32_t *row)
{
    const struct nn_layer *l = s->r->layer;

    if (y >= 0 && y < (int32_t)l->in_h)
        widen(row + s->before, s->in + (size_t)y * l->in_w * l->in_c, l->in_c,
            s->inside);
    else
        fill(row + s->before, s->zero, (size_t)s->inside * WORDS);
}

/* A row of outputs; rows[i] is where row i of the first window begins. */
static inline __attribute__((always_inline)) void
outputs(const struct strip *s, const uint32_t *const *rows, int8_t *out,
    uint32_t kernel_h, uint32_t kernel_w)
{
    const struct nn_layer *l = s->r->layer;
    const size_t step = (size_t)l->stride_w * WORDS;
    const int32_t zero = finish_zero(l);

    for (size_t x = 0, at = 0; x < s->width; x++, at += step, out += l->out_c) {
        int32_t a = s->bias[0], b = s->bias[1], c = s->bias[2], d = s->bias[3];
        const uint32_t *w = s->weights;

#pragma GCC unroll 3
        for (uint32_t i = 0; i < kernel_h; i++) {
            const uint32_t *in = rows[i] + at;

#pragma GCC unroll 3
            for (uint32_t k = 0; k < kernel_w; k++)
                dsp_tap(&a, &b, &c, &d, &in, &w);
        }
        out[0] = finish(s->finish[0], a, zero);
        out[1] = finish(s->finish[1], b, zero);
        out[2] = finish(s->finish[2], c, zero);
        out[3] = finish(s->finish[3], d, zero);
    }
}

/* By themselves, so that what they need stays in registers; the usual window
 * is unrolled. */
static __attribute__((noinline)) void
outputs_of_any(const struct strip *s, const uint32_t *const *rows, int8_t *out)
{
    outputs(s, rows, out, s->r->layer->kernel_h, s->r->layer->kernel_w);
}

static __attribute__((noinline)) void
outputs_of_3_by_3(
    const struct strip *s, const uint32_t *const *rows, int8_t *out)
{
    outputs(s, rows, out, 3, 3);
}

/* All rows of a tile.  Row y of the input is at place (y + pad_top) modulo
 * the window's height; `rows` begins with that of the window's top. */
static void
tile(const struct strip *s, int8_t *out)
{
    const struct nn_layer *l = s->r->layer;
    const int32_t height = (int32_t)l->kernel_h, pad = (int32_t)l->pad_top;
    const bool usual = height == 3 && l->kernel_w == 3;
    const uint32_t *rows[ROWS];
    int32_t next = -pad, top = -pad;

    for (uint32_t y = 0; y < l->out_h; y++, top += (int32_t)l->stride_h) {
        uint32_t *row =
            s->ring + (uint32_t)(top + pad) % l->kernel_h * s->row_words;

        for (int32_t i = 0; i < height; i++, row += s->row_words) {
            row = row == s->end ? s->ring : row;
            rows[i] = row;
            if (top + i >= next)
                bring_row(s, top + i, row);
        }
        next = top + height;
        (usual ? outputs_of_3_by_3 : outputs_of_any)(s, rows, out);
        out += (size_t)l->out_w * l->out_c;
    }
}

/* Output columns from `x` on.  What is outside is written once. */
static void
begin_tile(struct strip *s, uint32_t x)
{
    const struct nn_layer *l = s->r->layer;
    uint32_t left = l->out_w - x;
    int32_t at = (int32_t)(x * l->stride_w) - (int32_t)l->pad_left;
    int32_t in_w = (int32_t)l->in_w, from = at < 0 ? 0 : at, to;

    s->width = left < TILE ? left : TILE;
    s->row_words = (uint32_t)columns_of(l, s->width) * WORDS;
    s->end = s->ring + l->kernel_h * s->row_words;
    to = at + (int32_t)(s->row_words / WORDS);
    to = to < in_w ? to : in_w;
    s->in = in_i8(s->r) + (size_t)from * l->in_c + s->c;
    s->before = (uint32_t)(from - at) * WORDS;
    s->inside = (uint32_t)(to - from);
    fill(s->ring, s->zero, l->kernel_h * s->row_words);
}

/* What does not change over a block's pixels. */
static void
begin_block(struct strip *s, uint32_t c)
{
    const struct nn_run *r = s->r;
    const struct nn_layer *l = r->layer;

    s->c = c;
    for (uint32_t i = 0; i < BLOCK; i++) {
        s->bias[i] = 2 * image_i32(r, l->bias)[c + i];
        s->finish[i] = finish_of(image_scale(r, c + i));
    }
    s->ring = widen(s->weights, (const int8_t *)(r->image + l->weights) + c,
        l->in_c, l->kernel_h * l->kernel_w);
    for (uint32_t *w = s->weights; w < s->ring; w++)
        *w = dsp_add16(*w, *w);
}

void
nn_depthwise_i8_dsp(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    struct strip s = { .r = r,
        .weights = (uint32_t *)(void *)(r->arena + l->scratch),
        .zero = ((uint32_t)l->in_zero & 0xffff) * 0x10001u };

    if (nn_depthwise_dsp_bytes(l) == 0 || !finish_fits(r)) {
        nn_depthwise_i8(r);
        return;
    }
    for (uint32_t c = 0; c < l->out_c; c += BLOCK) {
        begin_block(&s, c < l->out_c - BLOCK ? c : l->out_c - BLOCK);
        for (uint32_t x = 0; x < l->out_w; x += TILE) {
            begin_tile(&s, x);
            tile(&s, out_i8(r) + (size_t)x * l->out_c + s.c);
        }
    }
}
