/* SPDX-License-Identifier: MIT */
/*
 * exit.h -- which outputs are exits, and which nodes each of them costs.
 *
 * Several outputs are exits if they are classifiers: [batch, classes] of
 * floats with one number of classes.  Outputs that differ only by operators
 * that keep the answer (logits and their Softmax) are one exit.  The final
 * exit is the one that costs the most MACs from the input on (an early exit
 * dearer than the whole network would make no sense), then the most nodes,
 * then the later one of the file; its ancestors are the backbone.  A node of
 * the backbone belongs to the segment of the earliest exit that needs it, any
 * other node to the head of the earliest exit that needs it.  Ordering nodes by
 * that part keeps the order runnable: whatever a node needs is needed by all
 * exits that need the node, so it is in the same part or an earlier one.
 *
 * A network without several classifiers has one exit, its last output.
 */
#ifndef OFFRAMP_MODEL_EXIT_H
#define OFFRAMP_MODEL_EXIT_H

#include "search/model/region.h"

enum { EXITS_MAX = 64 }; /* one bit each */

struct exit {
    int output;      /* value */
    int64_t classes; /* 0: not a classifier */
    int tensor;      /* value its head starts from; its output if it is final or
                      * has no head.  The latest one if there are several */
    int n_tensors;   /* how many values its head reads */
};

struct exits {
    struct exit item[EXITS_MAX]; /* in graph order; the last is final */
    int n;
};

/* Part numbers, as in node.part. */
static inline int
part_segment(int exit)
{
    return 2 * exit;
}

static inline int
part_head(int exit)
{
    return 2 * exit + 1;
}

/*
 * Find the exits and bring the graph's nodes into the order of their parts.
 * Needs shapes.  ST_UNPROCESSABLE: `model.empty` (no output depends on an
 * input), `model.too_many_exits`.
 */
enum status exits_find(
    struct exits *x, struct graph *g, struct err *err) MUST_CHECK;

#endif
