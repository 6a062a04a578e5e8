/* SPDX-License-Identifier: MIT */
/*
 * depthwise_ring.h -- an int8 depthwise convolution a few channels at a time
 * over the whole layer, for kernels that differ in how they add up.
 *
 * The rows that a window sees are kept in a ring, padded with the zero point:
 * two words for each column, whatever a kernel makes of its channels there.
 * Weights lie in the same way, two words a tap, so that nothing depends on
 * where a window lies.  A wide output is made in tiles, which bounds the rows.
 * Of channels that are left over the last block is computed again.
 *
 * Private to this folder; all memory is the layer's scratch in the arena.
 */
#ifndef OFFRAMP_NN_DEPTHWISE_RING_H
#define OFFRAMP_NN_DEPTHWISE_RING_H

#include "probes/nn/kernel.h"

enum { RING_WORDS = 2 }; /* of a column, and of a tap */

struct ring_way;

/* A block of channels, and a tile of output columns. */
struct ring {
    const struct nn_run *r;
    const struct ring_way *way;
    void *ctx;        /* the kernel's own, of a block */
    uint32_t c;       /* the first channel */
    uint32_t width;   /* output columns of the tile */
    const int8_t *in; /* the first column inside, of row 0 .. */
    uint32_t before;  /* .. the words of a row before it .. */
    uint32_t inside;  /* .. and how many columns there are */
    uint32_t row_words;
    uint32_t *weights, *rows, *end;
    uint32_t zero; /* what padding is made of */
};

/* How a kernel does it. */
struct ring_way {
    uint32_t channels; /* of a block */

    /* Bring `n` columns, `step` bytes apart; returns where the next go. */
    uint32_t *(*bring)(
        uint32_t *to, const int8_t *in, uint32_t step, uint32_t n);

    /* A block begins: its `n_weights` words have been brought. */
    void (*begin)(const struct ring *s, size_t n_weights);

    /* A row of outputs; rows[i] is where row i of the first window begins.
     * The second one is for the usual window, 3 x 3. */
    void (*outputs[2])(
        const struct ring *s, const uint32_t *const *rows, int8_t *out);
};

/* Define `way` from a kernel's row(s, rows, out, kernel_h, kernel_w), which is
 * inlined: into two functions, so that what each needs stays in registers, and
 * the loops of the usual window are unrolled. */
#define RING_WAY(way, channels, bring, begin, row)                             \
    static void row##_of_any(                                                  \
        const struct ring *s, const uint32_t *const *rows, int8_t *out)        \
    {                                                                          \
        row(s, rows, out, s->r->layer->kernel_h, s->r->layer->kernel_w);       \
    }                                                                          \
    static void row##_of_3_by_3(                                               \
        const struct ring *s, const uint32_t *const *rows, int8_t *out)        \
    {                                                                          \
        row(s, rows, out, 3, 3);                                               \
    }                                                                          \
    static const struct ring_way way = { channels, bring, begin,               \
        { row##_of_any, row##_of_3_by_3 } }

/* Bytes of the arena that a layer's ring and weights take; 0: its window is
 * too large for one. */
uint64_t nn_ring_bytes(const struct nn_layer *l);

/* Run a layer that has at least a block of channels.  `zero` is the zero
 * point as `bring` would make a word of it. */
void nn_ring_run(const struct nn_run *r, const struct ring_way *way,
    uint32_t zero, void *ctx);

#endif
