/* SPDX-License-Identifier: MIT */
/*
 * case.h -- one random layer with its data: as an image for our kernels, and
 * as ONNX for the runtime that they are compared with.
 */
#ifndef OFFRAMP_TEST_CASE_H
#define OFFRAMP_TEST_CASE_H

#include "base/rng.h"
#include "probes/nn/pack.h"

struct runtime;

enum { CASE_VALUES = 1 << 16 };

struct layer_case {
    struct nn_layer l;
    struct nn_scale scales[256];
    /* Values as they are (int8 without their zero point), in our order. */
    float in[CASE_VALUES], in2[CASE_VALUES], weights[CASE_VALUES], bias[256];
    float out[CASE_VALUES]; /* what ONNX Runtime makes of them; its sums */
};

/* Draw a layer of `op` and `type`; one that is 1-D at times. */
void case_draw(
    struct layer_case *c, enum nn_op op, enum nn_type type, struct rng *rng);

/* Let ONNX Runtime compute c->out.  Not for int8 softmax and rescaling. */
void case_reference(struct layer_case *c, struct runtime *rt);

/* Run our kernel; the output goes to `out` as raw bytes. */
void case_run(const struct layer_case *c, enum nn_kernels kernels, void *out);

#endif
