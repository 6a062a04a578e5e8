/* SPDX-License-Identifier: MIT */
/*
 * net.h -- the layers of one head run forwards and backwards on a batch.
 *
 * Convolutions are products of OpenBLAS over the unrolled windows (im2col) of
 * several rows at once, backwards too.  A
 * `struct net` borrows the head, whose weights it reads; it belongs to one
 * thread.
 */
#ifndef OFFRAMP_HEADS_NET_H
#define OFFRAMP_HEADS_NET_H

#include "search/heads/head.h"

struct net {
    const struct head *h; /* borrowed */
    size_t batch;         /* rows at most */
    size_t side[2], at;   /* windows along each side, and their product */
    size_t taps;          /* of a convolution: 9 or 3 */
    int convs;            /* layers 0..convs-1 are convolutions */
    /* Owned.  value[i] is what layer i reads, value[n] what comes out; after
     * convolutions `pooled` is what the first dense layer reads. */
    float *value[HEAD_LAYERS + 1], *slope[HEAD_LAYERS + 1];
    float *pooled, *pooled_slope;
    float *windows, *planes; /* of a tile of rows: unrolled, by channel */
    float *turned;           /* kernels of the layer at work, turned round */
    /* Slopes of the loss by weights and biases, set by net_backward(). */
    float *by_weight[HEAD_LAYERS], *by_bias[HEAD_LAYERS];
};

/* ST_NOMEM.  End it with net_clear() whatever the outcome. */
enum status net_init(struct net *n, const struct head *h, const struct site *s,
    size_t batch, struct err *err) MUST_CHECK;
void net_clear(struct net *n);

/* Elements of a layer's weights. */
size_t net_weights(const struct net *n, int layer);

/* From value[0] to value[n]: `rows` of them. */
void net_forward(struct net *n, size_t rows);

/* From slope[n] to the slopes by weights, after net_forward(). */
void net_backward(struct net *n, size_t rows);

/* What the last layer read, row by row. */
const float *net_last_input(const struct net *n);

#endif
