/* SPDX-License-Identifier: MIT */
/*
 * graph.h -- an ONNX graph with its names resolved.
 *
 * Nodes and values are numbered.  The number of a node is its place in an
 * order in which the graph can run (the file's own order where that is one);
 * the number of a value never changes: stored tensors first, then inputs, then
 * what nodes make.  A node is `constant` if it depends on no input, only on
 * stored tensors and on shapes: such nodes are copied into every part of the
 * model that needs them, like weights.  Nodes that lead to no output are not
 * `live` and are left out everywhere.
 *
 * The graph borrows the model, which must outlive it, and belongs to one
 * thread.  All work is linear in nodes and edges.
 */
#ifndef OFFRAMP_MODEL_GRAPH_H
#define OFFRAMP_MODEL_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "search/model/onnx.h"
#include "search/model/onnx_tensor.h"
#include "search/model/op.h"

struct value {
    const char *name;              /* borrowed from the model */
    const Onnx__TensorProto *init; /* its stored content, or NULL */
    int producer;                  /* node, or -1 */
    int *uses;                     /* nodes that read it, in run order */
    int n_uses;                    /* a node that reads it twice is in twice */
    int type;                      /* ONNX element type; 0: not known yet */
    int rank;
    int64_t dims[ONNX_RANK];
    uint8_t open; /* of an input: bits of dimensions the file leaves open */
    bool input, output;
    bool constant;
    unsigned stamp; /* for region.c and kernel_key.c */
    int number;     /* for kernel_key.c */
};

struct node {
    const Onnx__NodeProto *proto;
    const char *name; /* owned by the graph; unique, also where the file's
                       * node has none: then Op_index */
    enum op_kind kind;
    int *in, *out; /* values; -1 where left out */
    int n_in, n_out;
    bool live, constant;
    int part;       /* 2k: backbone up to exit k; 2k + 1: head k (exit.h) */
    unsigned stamp; /* for region.c */
};

struct graph {
    const Onnx__ModelProto *model;
    struct node *nodes;
    struct value *values;
    int n_nodes, n_values;
    int *inputs, *outputs; /* values, in the file's order */
    int n_inputs, n_outputs;
    json_t *notes; /* array of sentences for the document */

    int *ends;                  /* storage of node.in and node.out */
    int *uses;                  /* storage of value.uses */
    json_t *names;              /* owns the synthetic node names */
    Onnx__TensorProto **folded; /* tensors made from known shapes */
    int n_folded;
    unsigned stamp; /* the newest one given */
};

/*
 * Resolve names and find an order.  On ST_OK the caller ends *out with
 * graph_free().  ST_UNPROCESSABLE: `model.duplicate_name`,
 * `model.undefined_tensor`, `model.cycle`, `model.empty`; or ST_NOMEM.
 */
enum status graph_build(
    struct graph **out, const Onnx__ModelProto *m, struct err *err) MUST_CHECK;
void graph_free(struct graph *g);

/* Add a sentence to the document's notes. */
enum status graph_note(struct graph *g, struct err *err, const char *fmt,
    ...) MUST_CHECK PRINTF_LIKE(3, 4);

/*
 * Mark what is constant.  Shape and Size of a value whose shape is known
 * become stored tensors.  *changed tells whether one did; call again after
 * more shapes are known.
 */
enum status graph_fold(
    struct graph *g, bool *changed, struct err *err) MUST_CHECK;

/* Whether node `reader`, which reads `v`, needs what is in it: a constant
 * node needs at most the shape of an activation. */
static inline bool
graph_needs(const struct graph *g, int reader, const struct value *v)
{
    const struct node *n = &g->nodes[reader];

    return n->live && (!n->constant || v->constant);
}

/* Find out anew which nodes lead to an output. */
void graph_mark_live(struct graph *g);

/* graph_order.c: put nodes into the order given (order[new] = old), and
 * find one in which they can run (`model.cycle`). */
enum status graph_permute(
    struct graph *g, const int *order, struct err *err) MUST_CHECK;
enum status graph_sort(struct graph *g, struct err *err) MUST_CHECK;

#endif
