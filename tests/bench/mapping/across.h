/* SPDX-License-Identifier: MIT */
/*
 * across.h -- parts of one network on an emulated board and on this host: what
 * a part costs there, and one sample through them.
 *
 * A part is a cut model with one input and one output, in float32 on both
 * sides.  One thread; ends the program where something fails.
 */
#ifndef OFFRAMP_BENCH_ACROSS_H
#define OFFRAMP_BENCH_ACROSS_H

#include "probes/mcu/board.h"
#include "probes/runtimes/runtime.h"
#include "search/quant/lower.h"

struct part {
    void *onnx; /* owned */
    size_t len;
    struct low_net *low; /* owned; NULL: the board cannot have it */
    void *image;         /* owned */
    size_t image_len;
    char why[256]; /* why not */
    struct net *net;
    struct binding *binding;
    float *in, *out; /* owned: tied to the binding, [c][h][w] */
    size_t n_in, n_out;
};

void must(enum status st, const struct err *err);

void part_open(struct part *p, struct runtime *rt, void *onnx, size_t len);
void part_close(struct part *p);

/* Bring it to the board, which holds one part at a time. */
void part_load(struct part *p, struct board *b);

/* From p->in to p->out, here; and there, once it is loaded, told how many
 * instructions it took. */
void part_run_host(struct part *p);
uint64_t part_run_board(struct part *p, struct board *b);

/* The median of many runs here, ns. */
double part_time_host(struct part *p);

/* Bytes that the board holds: weights, and its arena. */
size_t part_weights(const struct part *p);
size_t part_arena(const struct part *p);

#endif
