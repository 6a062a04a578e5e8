/* SPDX-License-Identifier: MIT */
/*
 * case.h -- one random layer with its data: as an image for our kernels, and
 * as ONNX for the runtime that they are compared with.
 */
#ifndef OFFRAMP_TEST_CASE_H
#define OFFRAMP_TEST_CASE_H

#include <stdbool.h>

#include "base/rng.h"
#include "probes/nn/pack.h"

struct runtime;

enum { CASE_VALUES = 1 << 16 };

/* Of the input of an int8 softmax. */
#define CASE_SOFTMAX_SCALE 0.0625f

struct layer_case {
    struct nn_layer l;
    struct nn_scale scales[256];
    bool twice; /* an addition of the input to itself */
    /* Values as they are (int8 without their zero point), in our order. */
    float in[CASE_VALUES], in2[CASE_VALUES], weights[CASE_VALUES], bias[256];
    float out[CASE_VALUES]; /* what ONNX Runtime makes of them; its sums */
};

/* Draw a layer of `op` and `type`; one that is 1-D at times. */
void case_draw(
    struct layer_case *c, enum nn_op op, enum nn_type type, struct rng *rng);

/* Let ONNX Runtime compute c->out: of an int8 layer the sums, of an int8
 * softmax the real shares. */
void case_reference(struct layer_case *c, struct runtime *rt);

/* What an int8 layer (not softmax) must give for value i after
 * case_reference(): the rule of rescaling, written a second time. */
int64_t case_expected(const struct layer_case *c, size_t i);

/* The layer as an image, which the caller frees, and its input as it lies in
 * memory, whose length is returned. */
void *case_image(const struct layer_case *c, size_t *len);
size_t case_input(const struct layer_case *c, uint8_t *to);

/* Run our kernel; the output goes to `out` as raw bytes. */
void case_run(const struct layer_case *c, enum nn_kernels kernels, void *out);

#endif
