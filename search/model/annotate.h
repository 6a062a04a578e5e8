/* SPDX-License-Identifier: MIT */
/*
 * annotate.h -- write measured costs into a model's nodes, where viewers such
 * as Netron show them (NodeProto.metadata_props, ONNX IR version 10).
 *
 * Used by `offramp export onnx`, on the user's side: the server never parses
 * a model.  No state, any thread.
 */
#ifndef OFFRAMP_MODEL_ANNOTATE_H
#define OFFRAMP_MODEL_ANNOTATE_H

#include "search/model/onnx.h"

/*
 * `costs` is a native JSON export.  A layer's first level among L1 and L2
 * goes to the node that names it; device, level, statistic, min_grade and
 * what was omitted go to the model's own metadata.  The caller frees *out.
 * ST_UNPROCESSABLE: what onnx_read() says, or `export.other_model` where a
 * layer is no node of this file.
 */
enum status annotate(const void *data, size_t len, const json_t *costs,
    uint8_t **out, size_t *out_len, struct err *err) MUST_CHECK;

#endif
