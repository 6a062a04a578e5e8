/* SPDX-License-Identifier: MIT */
/* ort.h -- run a few lines of ONNX (../model/make_onnx.h) on float tensors. */
#ifndef OFFRAMP_TEST_ORT_H
#define OFFRAMP_TEST_ORT_H

#include <stddef.h>

struct runtime;

/* Inputs in the order of the text; `out` has room for the result.  Aborts the
 * test where the runtime refuses. */
void ort_run(struct runtime *rt, const char *text, const float *const *inputs,
    float *out, size_t n_out);

#endif
