/* SPDX-License-Identifier: MIT */
/*
 * feeder.h -- what some tensors of the float network are for an input: what a
 * board is given that lacks the layers which make them, and the answers of
 * exits that it cannot make.
 *
 * The caller owns a feeder and uses it from one thread.
 */
#ifndef OFFRAMP_WORKER_FEEDER_H
#define OFFRAMP_WORKER_FEEDER_H

#include <stddef.h>

#include "base/status.h"

struct feeder; /* opaque */

/*
 * A network of one input that makes `n` tensors, by name, in the runtime.  On
 * ST_OK the caller ends *out with feeder_close().  ST_UNPROCESSABLE
 * (`model.tensor_type`): one of them is not float32 of fixed shape; or what
 * onnx_read() and net_open() say.
 */
enum status feeder_open(struct feeder **out, const void *onnx, size_t len,
    const char *const *tensors, size_t n, struct err *err) MUST_CHECK;
void feeder_close(struct feeder *f);

/* Run it on one input of `n` values. */
enum status feeder_run(
    struct feeder *f, const float *input, size_t n, struct err *err) MUST_CHECK;

/* Tensor `i` of the last run, borrowed; *n may be NULL. */
const float *feeder_value(const struct feeder *f, size_t i, size_t *n);

#endif
