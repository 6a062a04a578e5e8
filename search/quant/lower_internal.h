/* SPDX-License-Identifier: MIT */
/* lower_internal.h -- what the lowering of a graph carries from node to node.
 * Private to lower.c, lower_node.c and lower_weights.c. */
#ifndef OFFRAMP_QUANT_LOWER_INTERNAL_H
#define OFFRAMP_QUANT_LOWER_INTERNAL_H

#include "search/model/graph.h"
#include "search/quant/lower.h"

/* What a value of the graph has become. */
struct low_value {
    int tensor;       /* -1: nothing yet */
    int layer;        /* that makes it; -1: the input */
    uint32_t h, w, c; /* before it was flattened */
};

struct lowering {
    struct low_net *net;
    const struct graph *g;
    struct low_value *values; /* of every value of the graph */
    const struct node *node;  /* the one at work */
    int n_tensors;
    /* Of low_make_partly(), else NULL: names of nodes to leave out, and what
     * is found to be lacking besides, by node. */
    const json_t *without;
    json_t *refused;
    enum nn_type type;
};

enum status low_refuse(
    const struct lowering *w, struct err *err, const char *what) MUST_CHECK;

/* lower_partly.c: a node that may be left out. */
enum status low_try_node(struct lowering *w, struct err *err) MUST_CHECK;
/* Its outputs, where somebody reads them, are fed. */
enum status low_feed_outputs(struct lowering *w, struct err *err) MUST_CHECK;
enum status low_add_feed(
    struct lowering *w, int value, struct err *err) MUST_CHECK;
/* Forget what nobody reads. */
void low_drop_feeds(struct low_net *net);
/* lower.c: all nodes of a file, in order. */
enum status low_run(struct lowering *w, const void *onnx, size_t len,
    struct err *err) MUST_CHECK;

/* lower_node.c: turn w->node into a layer, or into a part of one. */
enum status low_node(struct lowering *w, struct err *err) MUST_CHECK;

/* lower_weights.c.  Stored float tensor `v`; ST_UNPROCESSABLE if it is none or
 * has not `n` elements.  The caller frees *out. */
enum status low_floats(const struct lowering *w, int v, size_t n, float **out,
    struct err *err) MUST_CHECK;
/* Weights of a convolution, [out][in][h][w] in the file. */
enum status low_conv_weights(
    const struct lowering *w, struct low_layer *l, struct err *err) MUST_CHECK;
/* Weights of a Gemm whose input was `in` before it was flattened. */
enum status low_dense_weights(const struct lowering *w, struct low_layer *l,
    const struct low_value *in, struct err *err) MUST_CHECK;
/* Fold w->node, a BatchNormalization, into the layer before it. */
enum status low_fold_norm(
    const struct lowering *w, struct low_layer *l, struct err *err) MUST_CHECK;

#endif
