/* SPDX-License-Identifier: MIT */
#include "probes/measure/tracenet.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Floats that each chain's tensors have more than those of the one before:
 * about a tenth of a microsecond of either kernel. */
enum { LENGTH_STEP = 700, PART_MAX = 1 << 14, NAME_BYTES = 64 };

/* Seven bits at a time, the lowest first. */
static enum status
put_varint(struct buf *b, unsigned v, struct err *err)
{
    char bytes[5];
    size_t n = 0;

    for (; v > 127; v >>= 7)
        bytes[n++] = (char)(v | 128);
    bytes[n++] = (char)v;
    return buf_add(b, bytes, n, err);
}

static enum status
put_number(struct buf *b, unsigned field, unsigned v, struct err *err)
{
    enum status st = put_varint(b, field << 3, err);

    return st == ST_OK ? put_varint(b, v, err) : st;
}

static enum status
put(struct buf *b, unsigned field, const void *data, size_t n, struct err *err)
{
    enum status st = put_varint(b, field << 3 | 2, err);

    if (st == ST_OK)
        st = put_varint(b, (unsigned)n, err);
    return st == ST_OK ? buf_add(b, data, n, err) : st;
}

static enum status
put_text(struct buf *b, unsigned field, const char *text, struct err *err)
{
    return put(b, field, text, strlen(text), err);
}

/* The tensor after kernel `at` of a chain; 0 is the chain's input. */
static void
name_of(int chain, int at, char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, "/chains/chains.%d/kernel%d/out", chain, at);
}

/* NodeProto: input 1, output 2, name 3, op_type 4. */
static enum status
put_node(struct buf *graph, enum tracenet_kind kind, int chain, int at,
    struct err *err)
{
    char from[NAME_BYTES], to[NAME_BYTES];
    bool conv = kind == TRACENET_CONV;
    struct buf node;
    enum status st;

    buf_init(&node, PART_MAX);
    name_of(chain, at, from);
    name_of(chain, at + 1, to);
    st = put_text(&node, 1, from, err);
    if (st == ST_OK && conv && (st = put_text(&node, 1, "w", err)) == ST_OK)
        st = put_text(&node, 1, "b", err);
    if (st == ST_OK && (st = put_text(&node, 2, to, err)) == ST_OK &&
        (st = put_text(&node, 3, to, err)) == ST_OK &&
        (st = put_text(&node, 4, conv ? "Conv" : "Neg", err)) == ST_OK)
        st = put(graph, 1, node.data, node.len, err);
    buf_clear(&node);
    return st;
}

/* TensorProto of one float: dims 1, data_type 2, name 8, raw_data 9. */
static enum status
put_weight(struct buf *graph, const char *name, int rank, struct err *err)
{
    static const float value = 0.5f;
    struct buf t;
    enum status st = ST_OK;

    buf_init(&t, PART_MAX);
    for (int i = 0; st == ST_OK && i < rank; i++)
        st = put_number(&t, 1, 1, err);
    if (st == ST_OK && (st = put_number(&t, 2, 1, err)) == ST_OK &&
        (st = put_text(&t, 8, name, err)) == ST_OK &&
        (st = put(&t, 9, &value, sizeof(value), err)) == ST_OK)
        st = put(graph, 5, t.data, t.len, err);
    buf_clear(&t);
    return st;
}

/* TypeProto.Tensor: elem_type 1 is float, shape 2 is [1, 1, 1, length]. */
static enum status
put_type(struct buf *tensor, unsigned length, struct err *err)
{
    struct buf shape, dim;
    enum status st = ST_OK;

    buf_init(&shape, PART_MAX);
    for (int i = 0; st == ST_OK && i < 4; i++) {
        buf_init(&dim, PART_MAX);
        if ((st = put_number(&dim, 1, i < 3 ? 1 : length, err)) == ST_OK)
            st = put(&shape, 1, dim.data, dim.len, err);
        buf_clear(&dim);
    }
    if (st == ST_OK && (st = put_number(tensor, 1, 1, err)) == ST_OK)
        st = put(tensor, 2, shape.data, shape.len, err);
    buf_clear(&shape);
    return st;
}

/* ValueInfoProto: name 1, type 2; TypeProto: tensor_type 1. */
static enum status
put_end(struct buf *graph, unsigned field, int chain, int at, struct err *err)
{
    struct buf tensor, type, info;
    char name[NAME_BYTES];
    enum status st;

    buf_init(&tensor, PART_MAX);
    buf_init(&type, PART_MAX);
    buf_init(&info, PART_MAX);
    name_of(chain, at, name);
    st = put_type(&tensor, 1 + LENGTH_STEP * (unsigned)chain, err);
    if (st == ST_OK &&
        (st = put(&type, 1, tensor.data, tensor.len, err)) == ST_OK &&
        (st = put_text(&info, 1, name, err)) == ST_OK &&
        (st = put(&info, 2, type.data, type.len, err)) == ST_OK)
        st = put(graph, field, info.data, info.len, err);
    buf_clear(&info);
    buf_clear(&type);
    buf_clear(&tensor);
    return st;
}

/* One chain: its nodes 1, its input 11 and its output 12. */
static enum status
put_chain(struct buf *graph, enum tracenet_kind kind, int chain, int length,
    struct err *err)
{
    enum status st = ST_OK;

    for (int at = 0; st == ST_OK && at < length; at++)
        st = put_node(graph, kind, chain, at, err);
    if (st == ST_OK)
        st = put_end(graph, 11, chain, 0, err);
    return st == ST_OK ? put_end(graph, 12, chain, length, err) : st;
}

enum status
tracenet_make(
    struct buf *model, enum tracenet_kind kind, int length, struct err *err)
{
    static const char opset[] = { 1 << 3 | 2, 0, 2 << 3, 13 };
    struct buf graph;
    enum status st = ST_OK;

    buf_init(&graph, PART_MAX);
    for (int chain = 0; st == ST_OK && chain < TRACENET_CHAINS; chain++)
        st = put_chain(&graph, kind, chain, length, err);
    if (st == ST_OK && (st = put_text(&graph, 2, "g", err)) == ST_OK &&
        kind == TRACENET_CONV &&
        (st = put_weight(&graph, "w", 4, err)) == ST_OK)
        st = put_weight(&graph, "b", 1, err);
    /* ModelProto: ir_version 1, graph 7, opset_import 8. */
    if (st == ST_OK && (st = put_number(model, 1, 7, err)) == ST_OK &&
        (st = put(model, 7, graph.data, graph.len, err)) == ST_OK)
        st = put(model, 8, opset, sizeof(opset), err);
    buf_clear(&graph);
    return st;
}
