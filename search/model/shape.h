/* SPDX-License-Identifier: MIT */
/*
 * shape.h -- every tensor's type and shape.
 *
 * Inputs get fixed shapes: the ones asked for, else 1 where the first
 * dimension is left open (a note says so).  The rest is inferred by whoever
 * the caller provides: this folder links no runtime.  The model handed out
 * has every tensor as an untyped output, which is how ONNX Runtime can be
 * asked for all shapes at once.
 */
#ifndef OFFRAMP_MODEL_SHAPE_H
#define OFFRAMP_MODEL_SHAPE_H

#include "search/model/graph.h"

struct shape_sink; /* opaque: where an inference puts its results */

/*
 * Infer the outputs of a model.  The function calls shape_put() for every
 * output, in the model's order, and returns its failures; `model` is borrowed
 * for the call.
 */
typedef enum status (*shape_infer_fn)(void *ctx, const void *model, size_t len,
    struct shape_sink *sink, struct err *err);

/* One result; a negative dimension is not known.  `dtype` is a name like
 * "f4", anything else is refused (`model.unsupported_type`). */
enum status shape_put(struct shape_sink *sink, const char *name,
    const char *dtype, const int64_t *dims, size_t rank,
    struct err *err) MUST_CHECK;

/*
 * Fix the inputs' shapes.  `shapes` maps names to arrays, NULL: none given.
 * ST_UNPROCESSABLE: `model.dynamic_shape` (a dimension is open and no shape
 * was given), `model.shape` (the given one does not fit),
 * `model.unsupported_type`.
 */
enum status shape_fix_inputs(
    struct graph *g, const json_t *shapes, struct err *err) MUST_CHECK;

/* Take the types and fixed shapes of inner values that the file tells: a
 * normalised model (an analysis' `blob`) tells all. */
enum status shape_take_infos(struct graph *g, struct err *err) MUST_CHECK;

/* Infer everything else, and fold what depends on shapes only.
 * ST_UNPROCESSABLE: `model.dynamic_shape` names a tensor whose shape depends
 * on data; what `infer` says. */
enum status shape_infer(struct graph *g, shape_infer_fn infer, void *ctx,
    struct err *err) MUST_CHECK;

#endif
