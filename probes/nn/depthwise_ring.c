/* SPDX-License-Identifier: MIT */
#include "probes/nn/depthwise_ring.h"

#include <stdbool.h>

enum {
    TILE = 64, /* output columns at a time */
    ROWS = 16, /* of a window, at most */
    WORDS_MAX = 2048,
    CHANNELS_MIN = 4 /* of the smallest block */
};

static uint64_t
columns_of(const struct nn_layer *l, uint32_t width)
{
    return (uint64_t)(width - 1) * l->stride_w + l->kernel_w;
}

uint64_t
nn_ring_bytes(const struct nn_layer *l)
{
    uint64_t columns = columns_of(l, l->out_w < TILE ? l->out_w : TILE);
    uint64_t words = RING_WORDS * l->kernel_h * (columns + l->kernel_w);

    return l->kernel_h > ROWS || l->out_c < CHANNELS_MIN || words > WORDS_MAX
               ? 0
               : words * 4;
}

static void
fill(uint32_t *to, uint32_t word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = word;
}

/* Bring row `y` of the input, or padding, to its place in the ring. */
static void
bring_row(const struct ring *s, int32_t y, uint32_t *row)
{
    const struct nn_layer *l = s->r->layer;

    if (y >= 0 && y < (int32_t)l->in_h)
        s->way->bring(row + s->before, s->in + (size_t)y * l->in_w * l->in_c,
            l->in_c, s->inside);
    else
        fill(row + s->before, s->zero, (size_t)s->inside * RING_WORDS);
}

/* All rows of a tile.  Row y of the input is at place (y + pad_top) modulo
 * the window's height; `rows` begins with that of the window's top. */
static void
tile(const struct ring *s, int8_t *out)
{
    const struct nn_layer *l = s->r->layer;
    const int32_t height = (int32_t)l->kernel_h, pad = (int32_t)l->pad_top;
    const bool usual = l->kernel_h == 3 && l->kernel_w == 3;
    const uint32_t *rows[ROWS];
    int32_t next = -pad, top = -pad;

    for (uint32_t y = 0; y < l->out_h; y++, top += (int32_t)l->stride_h) {
        uint32_t *row =
            s->rows + (uint32_t)(top + pad) % l->kernel_h * s->row_words;

        for (int32_t i = 0; i < height; i++, row += s->row_words) {
            row = row == s->end ? s->rows : row;
            rows[i] = row;
            if (top + i >= next)
                bring_row(s, top + i, row);
        }
        next = top + height;
        s->way->outputs[usual](s, rows, out);
        out += (size_t)l->out_w * l->out_c;
    }
}

/* Output columns from `x` on.  What is outside is written once. */
static void
begin_tile(struct ring *s, uint32_t x)
{
    const struct nn_layer *l = s->r->layer;
    uint32_t left = l->out_w - x;
    int32_t at = (int32_t)(x * l->stride_w) - (int32_t)l->pad_left;
    int32_t in_w = (int32_t)l->in_w, from = at < 0 ? 0 : at, to;

    s->width = left < TILE ? left : TILE;
    s->row_words = (uint32_t)columns_of(l, s->width) * RING_WORDS;
    s->end = s->rows + l->kernel_h * s->row_words;
    to = at + (int32_t)(s->row_words / RING_WORDS);
    to = to < in_w ? to : in_w;
    s->in = in_i8(s->r) + (size_t)from * l->in_c + s->c;
    s->before = (uint32_t)(from - at) * RING_WORDS;
    s->inside = (uint32_t)(to - from);
    fill(s->rows, s->zero, l->kernel_h * s->row_words);
}

static void
begin_block(struct ring *s, uint32_t c)
{
    const struct nn_layer *l = s->r->layer;

    s->c = c;
    s->rows = s->way->bring(s->weights,
        (const int8_t *)(s->r->image + l->weights) + c, l->in_c,
        l->kernel_h * l->kernel_w);
    s->way->begin(s, (size_t)(s->rows - s->weights));
}

void
nn_ring_run(const struct nn_run *r, const struct ring_way *way, uint32_t zero,
    void *ctx)
{
    const struct nn_layer *l = r->layer;
    const uint32_t last = l->out_c - way->channels;
    struct ring s = { .r = r,
        .way = way,
        .ctx = ctx,
        .weights = (uint32_t *)(void *)(r->arena + l->scratch),
        .zero = zero };

    for (uint32_t c = 0; c < l->out_c; c += way->channels) {
        begin_block(&s, c < last ? c : last);
        for (uint32_t x = 0; x < l->out_w; x += TILE) {
            begin_tile(&s, x);
            tile(&s, out_i8(r) + (size_t)x * l->out_c + s.c);
        }
    }
}
