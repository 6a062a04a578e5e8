/* SPDX-License-Identifier: MIT */
/*
 * cut.h -- a region of a graph as an ONNX file of its own.
 *
 * The file keeps the model's operator sets, its nodes and the stored tensors it
 * needs; inputs, outputs and what is in between carry the inferred types.
 * Equal regions give equal bytes.  Three things are made uniform: every node
 * has its name of the graph, so that a runtime's messages can tell; stored
 * tensors are never inputs as well (that would forbid the runtime to fold
 * them), and so the IR version is at least 4, the first that allows this.
 */
#ifndef OFFRAMP_MODEL_CUT_H
#define OFFRAMP_MODEL_CUT_H

#include "search/model/region.h"

/* Values whose type is not known yet are written without one, for a runtime
 * to infer.  The caller frees *data.  ST_UNPROCESSABLE (`model.too_large`). */
enum status cut_write(const struct graph *g, const struct region *r,
    uint8_t **data, size_t *len, struct err *err) MUST_CHECK;

#endif
