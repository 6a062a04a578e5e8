/* SPDX-License-Identifier: MIT */
/*
 * head.h -- an exit head: the front that makes features of a boundary's
 * tensor, the layers that make class values of them, and its nodes.
 *
 * Plain data of its caller; head_clear() frees the weights.
 */
#ifndef OFFRAMP_HEADS_HEAD_H
#define OFFRAMP_HEADS_HEAD_H

#include "search/model/attach.h"
#include "search/model/plain.h"

/* Kind, word.  Sources: `own` PEAX (seed-systems B.2), `conv` PTEENet (D.2,
 * on a map averaged down to at most 8 x 8 windows). */
#define HEAD_MAP(X)                                                            \
    X(HEAD_POOL, "pool")       /* global average, linear */                    \
    X(HEAD_SPATIAL, "spatial") /* average over a coarse grid, linear */        \
    X(HEAD_HIDDEN, "hidden")   /* that or global, hidden layer, linear */      \
    X(HEAD_OWN, "own")         /* the network's own classifier, smaller */     \
    X(HEAD_CONV, "conv")       /* two 3x3 convolutions, average, linear */

enum head_kind {
#define X(name, word) name,
    HEAD_MAP(X)
#undef X
        HEAD_KINDS
};

const char *head_kind_word(enum head_kind k);

/* Average pooling of non-overlapping windows; `out` 1 x 1 is the global
 * average.  Features are channel by channel, as pooling leaves them. */
struct front {
    size_t channels, kernel[2], out[2];
};

/* The front with at most `most` windows along each side. */
struct front front_grid(const struct site *s, const size_t most[2]);
size_t front_width(const struct front *f);
bool front_equal(const struct front *a, const struct front *b);

/* Write the front of a site.  `stem` starts all names, `flat` asks for
 * [1, features].  Returns the name of its result: the tensor's own where
 * nothing is to be done, or `name`. */
const char *front_write(struct attach *a, const struct site *s,
    const struct front *f, const char *stem, bool flat, char name[ATTACH_NAME]);

enum { HEAD_LAYERS = 6 };

struct head_layer {
    bool conv; /* 3 x 3 (3 along a sequence), padded by 1; else dense */
    bool relu;
    size_t in, out;
    float *weight, *bias; /* owned; [out][in (x taps)], [out] */
};

struct head {
    enum head_kind kind;
    struct front front;
    struct head_layer layer[HEAD_LAYERS]; /* convolutions come first */
    int n;
    struct head_layer sure; /* confidence: reads what the last layer reads;
                             * its `out` is 0 where there is none */
};

void head_clear(struct head *h);

/* Taps of a convolution: 9 on maps, 3 on one-dimensional ones. */
size_t head_taps(const struct site *s);

/* Multiplications and weights of a head. */
int64_t head_macs(const struct head *h, const struct site *s);
int64_t head_params(const struct head *h, const struct site *s);

/* Add a head to a model as output `name`: [1, classes], probabilities.  With a
 * confidence head the largest of them is how sure that is. */
void head_write(struct attach *a, const struct site *s, const struct head *h,
    const char *name);

#endif
