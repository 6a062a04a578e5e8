/* SPDX-License-Identifier: MIT */
/*
 * count.h -- what a region costs on paper.
 *
 * MACs are multiply-accumulate steps of convolutions, matrix products and
 * recurrent layers, exactly: padding counts as if it were data, biases and
 * everything elementwise count nothing.  A transposed convolution counts one
 * step for every input element and weight it meets, also where the result is
 * cropped.  Operators of other families that multiply matrices inside
 * (Einsum, Attention, ..) are not counted; they are told apart by
 * count_is_blind(), so that the document can say so.
 */
#ifndef OFFRAMP_MODEL_COUNT_H
#define OFFRAMP_MODEL_COUNT_H

#include "search/model/region.h"

struct counts {
    int64_t macs;
    int64_t params;              /* elements of stored tensors except 64-bit
                                  * integers, which hold shapes and axes */
    int64_t weight_bytes;        /* of those */
    int64_t bytes_in, bytes_out; /* activations that cross the border */
};

/* ST_UNPROCESSABLE (`model.too_large`) where a sum does not fit 63 bits. */
enum status count_region(struct counts *out, const struct graph *g,
    const struct region *r, struct err *err) MUST_CHECK;

/* MACs of one node; -1 if they do not fit 63 bits. */
int64_t count_node_macs(const struct graph *g, const struct node *n);

/* True for operators whose multiplications are not counted. */
bool count_is_blind(const struct node *n);

/* Elements times size of one value. */
int64_t count_value_bytes(const struct value *v);

#endif
