/* SPDX-License-Identifier: MIT */
/*
 * ONNX Runtime's profile dialect: a list of events whose args are text, as
 * its own profiler writes them.  The session's event carries what every
 * document states and the version it imitates; medians are laid end to end.
 */
#include "server/export/layers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PID = 1, TID = 1, NUMBER = 24 };

/* [{"float": [1,3,8,8]}, ..]: the file knows one element type a layer. */
static json_t *
typed_shapes(const json_t *row, const char *member)
{
    const char *type = export_type_protobuf(export_text(row, "dtype"));
    json_t *list = json_array(), *shape;
    size_t i;
    int rc = 0;

    json_array_foreach(json_object_get(row, member), i, shape)
    {
        rc |= json_array_append_new(list, json_pack("{s:O}", type, shape));
    }
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

/* A whole number as the text that the runtime writes. */
static json_t *
number_text(const json_t *row, const char *member)
{
    const json_t *v = json_object_get(row, member);
    char text[NUMBER];

    if (!json_is_integer(v))
        return json_null();
    snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(v));
    return json_string(text);
}

static json_t *
event(
    const char *cat, const char *name, double start_ns, double ns, json_t *args)
{
    return json_pack("{s:s,s:i,s:i,s:f,s:f,s:s,s:s,s:o}", "cat", cat, "pid",
        PID, "tid", TID, "dur", ns / 1e3, "ts", start_ns / 1e3, "ph", "X",
        "name", name, "args", args);
}

/* The provider that the agents' runtime uses; null for other runtimes. */
static const char *
provider(const struct export_layers *l)
{
    const json_t *stable = json_object_get(l->in->env, "stable");

    return strcmp(export_text(stable, "runtime"), "onnxruntime") == 0
               ? "CPUExecutionProvider"
               : NULL;
}

static json_t *
node_event(const struct export_layers *l, const json_t *row, double start_ns,
    struct err *err)
{
    json_t *args = json_pack("{s:s,s:s?,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:O}",
        "op_name", export_text(row, "op_type"), "provider", provider(l),
        "node_index", number_text(row, "index"), "exec_plan_index",
        number_text(row, "index"), "input_type_shape",
        typed_shapes(row, "input_shapes"), "output_type_shape",
        typed_shapes(row, "output_shapes"), "output_size",
        number_text(row, "bytes_out"), "parameter_size",
        number_text(row, "weight_bytes"), "activation_size",
        number_text(row, "bytes_in"), "grade", json_object_get(row, "grade"));
    struct buf name;
    json_t *e = NULL;

    buf_init(&name, 1 << 20);
    if (buf_addf(&name, err, "%s_kernel_time", export_text(row, "name")) ==
        ST_OK)
        e = event(
            "Node", name.data, start_ns, export_number(row, "median_ns"), args);
    else
        json_decref(args);
    buf_clear(&name);
    return e;
}

static json_t *
session_event(const struct export_layers *l)
{
    json_t *meta = export_meta(l);
    const json_t *stable = json_object_get(l->in->env, "stable");
    double whole =
        export_number(json_object_get(l->in->profile, "e2e"), "median_ns");

    if (json_object_set_new(meta, "runtime",
            json_string(export_text(stable, "runtime"))) != 0 ||
        json_object_set_new(meta, "runtime_version",
            json_string(export_text(stable, "runtime_version"))) != 0 ||
        json_object_set_new(meta, "note",
            json_string("medians of separate measurements, laid end to end, in "
                        "the form of ONNX Runtime 1.2x")) != 0) {
        json_decref(meta);
        return NULL;
    }
    return event(
        "Session", "model_run", 0, isnan(whole) ? l->total_ns : whole, meta);
}

enum status
export_ort(const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    json_t *events, *row;
    double at = 0;
    enum status st = export_layers_in_situ(&l, in, GAPS_LIST, err);
    size_t i;
    int rc;

    if (st != ST_OK)
        return st;
    events = json_array();
    rc = json_array_append_new(events, session_event(&l));
    json_array_foreach(l.rows, i, row)
    {
        rc |= json_array_append_new(events, node_event(&l, row, at, err));
        at += export_number(row, "median_ns");
    }
    export_layers_clear(&l);
    if (rc == 0)
        return export_dump(events, out, err);
    json_decref(events);
    return err_nomem(err);
}
