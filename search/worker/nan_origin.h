/* SPDX-License-Identifier: MIT */
/*
 * nan_origin.h -- in which layer numbers stop being finite: for the message
 * that refuses a network or its data.
 */
#ifndef OFFRAMP_WORKER_NAN_ORIGIN_H
#define OFFRAMP_WORKER_NAN_ORIGIN_H

#include <stddef.h>

#include "base/status.h"

/* An ST_UNPROCESSABLE "model.nan_output": `what` ("output exit0") is not
 * finite for this sample of the data set.  The network at `path` (an analysis'
 * `blob`, which tells all types) is run once more on the `n` values of `input`
 * with every tensor as an output; the first layer at fault is named, or the
 * input. */
enum status nan_origin_tell(const char *what, size_t sample, const char *path,
    const float *input, size_t n, struct err *err) MUST_CHECK;

#endif
