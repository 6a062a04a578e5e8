/* SPDX-License-Identifier: MIT */
#include "search/model/annotate.h"

#include <stdlib.h>
#include <string.h>

#include "search/model/graph.h"

/* NodeProto.metadata_props, which older onnx.proto files do not know: it is
 * written as an unknown field, which protobuf-c keeps. */
enum { IR_VERSION = 10, NODE_METADATA_FIELD = 9 };

static Onnx__StringStringEntryProto *
entry(const char *key, const char *value)
{
    Onnx__StringStringEntryProto *e = malloc(sizeof(*e));

    if (e == NULL)
        return NULL;
    onnx__string_string_entry_proto__init(e);
    e->key = strdup(key);
    e->value = strdup(value);
    if (e->key != NULL && e->value != NULL)
        return e;
    onnx__string_string_entry_proto__free_unpacked(e, NULL);
    return NULL;
}

/* The entry after its length, which protobuf-c keeps with the bytes. */
static uint8_t *
encode(const Onnx__StringStringEntryProto *e, size_t *len)
{
    size_t body = onnx__string_string_entry_proto__get_packed_size(e), at = 0;
    uint8_t *out = malloc(body + 10); /* 10: the longest varint */

    if (out == NULL)
        return NULL;
    for (size_t rest = body; at == 0 || rest > 0; rest >>= 7)
        out[at++] = (uint8_t)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    *len = at + onnx__string_string_entry_proto__pack(e, out + at);
    return out;
}

/* Append {key, value} to a node's metadata. */
static enum status
add_to_node(void *to, const char *key, const char *value, struct err *err)
{
    ProtobufCMessage *m = &((Onnx__NodeProto *)to)->base;
    Onnx__StringStringEntryProto *e = entry(key, value);
    ProtobufCMessageUnknownField *list =
        realloc(m->unknown_fields, (m->n_unknown_fields + 1) * sizeof(*list));
    size_t len = 0;
    uint8_t *data = e ? encode(e, &len) : NULL;

    if (list != NULL)
        m->unknown_fields = list;
    if (e != NULL)
        onnx__string_string_entry_proto__free_unpacked(e, NULL);
    if (data == NULL || list == NULL) {
        free(data);
        return err_nomem(err);
    }
    list[m->n_unknown_fields++] =
        (ProtobufCMessageUnknownField){ NODE_METADATA_FIELD,
            PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED, len, data };
    return ST_OK;
}

static enum status
add_to_model(void *to, const char *key, const char *value, struct err *err)
{
    Onnx__ModelProto *m = to;
    Onnx__StringStringEntryProto *e = entry(key, value);
    Onnx__StringStringEntryProto **list =
        realloc(m->metadata_props, (m->n_metadata_props + 1) * sizeof(*list));

    if (list != NULL)
        m->metadata_props = list;
    if (e == NULL || list == NULL) {
        if (e != NULL)
            onnx__string_string_entry_proto__free_unpacked(e, NULL);
        return err_nomem(err);
    }
    list[m->n_metadata_props++] = e;
    return ST_OK;
}

typedef enum status (*add_fn)(
    void *to, const char *key, const char *value, struct err *err);

/* Append a member of `o` as text; nothing where it is null or absent. */
static enum status
add_member(add_fn add, void *to, const char *key, const json_t *o,
    const char *member, struct err *err)
{
    json_t *v = json_object_get(o, member);
    enum status st = ST_OK;
    char *text;

    if (v == NULL || json_is_null(v))
        return ST_OK;
    if (json_is_string(v))
        return add(to, key, json_string_value(v), err);
    text =
        json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
    st = text ? add(to, key, text, err) : err_nomem(err);
    free(text);
    return st;
}

/* {layer's name: its row} of one level. */
static json_t *
rows_of(const json_t *costs, const char *level)
{
    json_t *rows = json_object(), *row;
    size_t i;
    int rc = 0;

    json_array_foreach(json_object_get(costs, "layers"), i, row)
    {
        const char *of = json_string_value(json_object_get(row, "level"));
        const char *name = json_string_value(json_object_get(row, "name"));

        if (of != NULL && name != NULL && strcmp(of, level) == 0)
            rc |= json_object_set(rows, name, row);
    }
    if (rc == 0)
        return rows;
    json_decref(rows);
    return NULL;
}

static enum status
annotate_node(Onnx__NodeProto *n, const json_t *row, const json_t *energy,
    const json_t *costs, struct err *err)
{
    const struct {
        const char *key, *member;
        const json_t *from;
    } facts[] = {
        { "cost.median_ns", "median_ns", row },
        { "cost.energy_net_nj", "energy_net_nj", energy },
        { "cost.grade", "grade", row },
        { "cost.device", "name", json_object_get(costs, "device") },
    };
    enum status st = ST_OK;

    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
        if (st == ST_OK)
            st = add_member(add_to_node, n, facts[i].key, facts[i].from,
                facts[i].member, err);
    return st;
}

/* Every node that names a layer of `rows`; all of them must be found. */
static enum status
annotate_nodes(const struct graph *g, json_t *rows, const json_t *energy,
    const json_t *costs, struct err *err)
{
    enum status st = ST_OK;

    for (int i = 0; i < g->n_nodes && st == ST_OK; i++) {
        const char *name = g->nodes[i].name;
        const json_t *row = json_object_get(rows, name);

        if (row == NULL)
            continue;
        /* The graph only borrows the model, which is ours to change. */
        st = annotate_node((Onnx__NodeProto *)g->nodes[i].proto, row,
            json_object_get(energy, name), costs, err);
        json_object_del(rows, name);
    }
    if (st == ST_OK && json_object_size(rows) > 0)
        return err_set(err, ST_UNPROCESSABLE, "export.other_model",
            "layer %.100s is no node of this file: give the model that the "
            "profile measured",
            json_object_iter_key(json_object_iter(rows)));
    return st;
}

static enum status
annotate_model(Onnx__ModelProto *m, const json_t *costs, const char *level,
    struct err *err)
{
    static const struct {
        const char *key, *member;
    } facts[] = {
        { "offramp.generator", "generator" },
        { "offramp.profile", "profile" },
        { "offramp.statistic", "statistic" },
        { "offramp.min_grade", "min_grade" },
        { "offramp.omitted", "omitted" },
    };
    enum status st = add_to_model(m, "offramp.level", level, err);

    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
        if (st == ST_OK)
            st = add_member(
                add_to_model, m, facts[i].key, costs, facts[i].member, err);
    if (st == ST_OK)
        st = add_member(add_to_model, m, "offramp.device",
            json_object_get(costs, "device"), "name", err);
    if (m->ir_version < IR_VERSION)
        m->ir_version = IR_VERSION;
    m->has_ir_version = 1;
    return st;
}

enum status
annotate(const void *data, size_t len, const json_t *costs, uint8_t **out,
    size_t *out_len, struct err *err)
{
    json_t *rows = rows_of(costs, "L1"), *energy = rows_of(costs, "L5");
    Onnx__ModelProto *m = NULL;
    const char *level = "L1";
    struct graph *g = NULL;
    enum status st;

    if (json_object_size(rows) == 0) {
        json_decref(rows);
        rows = rows_of(costs, level = "L2");
    }
    st = rows && energy ? onnx_read(data, len, &m, NULL, err) : err_nomem(err);
    if (st == ST_OK)
        st = graph_build(&g, m, err);
    if (st == ST_OK)
        st = annotate_nodes(g, rows, energy, costs, err);
    if (st == ST_OK)
        st = annotate_model(m, costs, level, err);
    if (st == ST_OK)
        st = onnx_write(m, out, out_len, err);
    graph_free(g);
    onnx_free(m);
    json_decref(rows);
    json_decref(energy);
    return st;
}
