/* SPDX-License-Identifier: MIT */
/*
 * onnx.h -- ONNX files: bytes to protobuf-c messages and back.
 *
 * A file is hostile until shown otherwise.  Reading goes in three steps, each
 * of which names the node or tensor at fault: the wire format is walked with
 * limits on depth and number of fields (onnx_scan.c), protobuf-c unpacks it,
 * and what this project cannot work with is refused (onnx_verify.c): files
 * beside the model, subgraphs (If, Loop, Scan), local functions, sparse and
 * text tensors, random operators, unknown operator domains.  Messages are
 * plain data and belong to the caller; nothing here keeps state.
 */
#ifndef OFFRAMP_MODEL_ONNX_H
#define OFFRAMP_MODEL_ONNX_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <onnx.pb-c.h>

#include "base/status.h"

enum {
    ONNX_MAX_BYTES = INT32_MAX, /* protobuf's own limit */
    ONNX_MAX_FIELDS = 8000000,  /* of the wire format, weights are one */
    ONNX_MAX_DEPTH = 64,        /* messages within messages */
    ONNX_MAX_NAME = 1024,       /* bytes; rows and files carry them */
    ONNX_MAX_NODES = 100000,
    ONNX_MAX_INPUTS = 1024, /* without stored tensors */
    ONNX_MAX_OUTPUTS = 1024,
    ONNX_MAX_BLAMED = 100,
};

/*
 * Read a model.  `nodes` MAY be NULL: a JSON array that gets the names of the
 * nodes that are refused, at most ONNX_MAX_BLAMED.  On ST_OK the caller ends
 * *out with onnx_free().  Otherwise ST_UNPROCESSABLE with code `model.empty`,
 * `model.parse`, `model.truncated`, `model.too_large`, `model.external_data`,
 * `model.unsupported_op`, `model.unsupported_type`, `model.tensor_data`,
 * `model.no_outputs` or `model.invalid`; or ST_NOMEM.
 */
enum status onnx_read(const void *data, size_t len, Onnx__ModelProto **out,
    json_t *nodes, struct err *err) MUST_CHECK;

/* NULL is ignored. */
void onnx_free(Onnx__ModelProto *m);

/* Serialise; equal messages give equal bytes.  The caller frees *data.
 * ST_UNPROCESSABLE (`model.too_large`) beyond ONNX_MAX_BYTES. */
enum status onnx_write(const Onnx__ModelProto *m, uint8_t **data, size_t *len,
    struct err *err) MUST_CHECK;

/* The steps of onnx_read(). */
enum status onnx_scan(
    const uint8_t *data, size_t len, struct err *err) MUST_CHECK;
enum status onnx_verify(
    const Onnx__ModelProto *m, json_t *nodes, struct err *err) MUST_CHECK;

/* A node's attribute, or NULL; and an integer one with its default. */
const Onnx__AttributeProto *onnx_attr(
    const Onnx__NodeProto *n, const char *name);
int64_t onnx_attr_int(
    const Onnx__NodeProto *n, const char *name, int64_t fallback);

/* True for the standard operator set, whose name is "" or "ai.onnx". */
int onnx_domain_is_standard(const char *domain);

/* How a node is called in messages: its name, else its first output. */
const char *onnx_node_label(const Onnx__NodeProto *n);

#endif
