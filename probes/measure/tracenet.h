/* SPDX-License-Identifier: MIT */
/*
 * tracenet.h -- networks made to find out what a runtime's profiler costs:
 * chains of one small kernel, in the wire format of ONNX.
 *
 * There are TRACENET_CHAINS chains side by side, each for tensors of another
 * length: the profiler cuts its times down to whole steps, and only kernels
 * that take all kinds of fractions of a step have the right mean.
 */
#ifndef OFFRAMP_MEASURE_TRACENET_H
#define OFFRAMP_MEASURE_TRACENET_H

#include "base/buf.h"

enum { TRACENET_CHAINS = 16 };

/* Neg has one input; Conv three, of the ranks that real ones have. */
enum tracenet_kind { TRACENET_NEG, TRACENET_CONV, TRACENET_KINDS };

/* Add the model with `length` kernels a chain to `model`.  ST_NOMEM. */
enum status tracenet_make(struct buf *model, enum tracenet_kind kind,
    int length, struct err *err) MUST_CHECK;

#endif
