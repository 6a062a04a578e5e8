/* SPDX-License-Identifier: MIT */
/* infer.h -- shapes from a runtime: what search/model asks for and does not
 * link itself. */
#ifndef OFFRAMP_WORKER_INFER_H
#define OFFRAMP_WORKER_INFER_H

#include "probes/runtimes/runtime.h"
#include "search/model/shape.h"

/* A shape_infer_fn whose work `rt` does. */
enum status infer_shapes(struct runtime *rt, const void *model, size_t len,
    struct shape_sink *sink, struct err *err) MUST_CHECK;

#endif
