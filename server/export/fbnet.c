/* SPDX-License-Identifier: MIT */
/*
 * The look-up table of FBNet and ChamNet, an operator a line, quantiles in
 * us.  Its reader (LUTSchema) takes every line as a record, refuses members
 * that it does not know, and finds an operator by its type, arguments, shapes
 * and element types, all as Caffe2 has them.  So what a document states stands
 * in a first record that no operator equals.  Who looks an operator up and
 * finds none would count 0: incomplete tables are refused.
 */
#include "server/export/layers.h"

#include <stdlib.h>
#include <string.h>

enum { ARGUMENT_BYTES = 4096 };

/* An operator's settings by the names of Caffe2's arguments, in their order. */
static const struct argument {
    const char *caffe2, *ours;
} arguments[] = {
    { "dilations", "dilations" },
    { "group", "groups" },
    { "kernels", "kernel" },
    { "pads", "pads" },
    { "strides", "strides" },
};

/* One argument as its protobuf's text; NULL: out of memory. */
static json_t *
argument_text(const struct argument *a, const json_t *value)
{
    const json_t *v;
    struct buf text;
    json_t *s = NULL;
    enum status st;
    size_t i;

    buf_init(&text, ARGUMENT_BYTES);
    st = buf_addf(&text, NULL, "name: \"%s\"\n", a->caffe2);
    if (json_is_integer(value) && st == ST_OK)
        st = buf_addf(
            &text, NULL, "i: %lld\n", (long long)json_integer_value(value));
    json_array_foreach(value, i, v)
    {
        if (st == ST_OK)
            st = buf_addf(
                &text, NULL, "ints: %lld\n", (long long)json_integer_value(v));
    }
    if (st == ST_OK)
        s = json_string(text.data);
    buf_clear(&text);
    return s;
}

static json_t *
argument_list(const json_t *row)
{
    const json_t *settings = json_object_get(row, "attributes");
    json_t *list = json_array();
    int rc = 0;

    for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
        const json_t *value = json_object_get(settings, arguments[i].ours);

        if (value != NULL)
            rc |= json_array_append_new(
                list, argument_text(&arguments[i], value));
    }
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

/* Elements behind the batch. */
static json_int_t
features(const json_t *row)
{
    const json_t *shape =
        json_array_get(json_object_get(row, "input_shapes"), 0);
    json_int_t n = 1;

    for (size_t i = 1; i < json_array_size(shape); i++)
        n *= json_integer_value(json_array_get(shape, i));
    return n;
}

/* [out, in, kernel..] of a Conv, [out, in] of a Gemm, which lie in an
 * operator's inputs after what it is given; NULL: it has no weights. */
static json_t *
weight_shape(const json_t *row)
{
    const json_t *settings = json_object_get(row, "attributes");
    json_int_t groups = json_integer_value(json_object_get(settings, "groups"));
    json_int_t out = export_dim(row, "output_shapes", 1);
    json_t *shape, *v;
    size_t i;

    if (strcmp(export_text(row, "op_type"), "Gemm") == 0)
        return json_pack("[I,I]", out, features(row));
    if (strcmp(export_text(row, "op_type"), "Conv") != 0 || groups < 1)
        return NULL;
    shape = json_pack(
        "[I,I]", out, (json_int_t)export_dim(row, "input_shapes", 1) / groups);
    json_array_foreach(json_object_get(settings, "kernel"), i, v)
    {
        if (json_array_append(shape, v) != 0) {
            json_decref(shape);
            return NULL;
        }
    }
    return shape;
}

/* A bias is what there are more parameters than weights for. */
static bool
has_bias(const json_t *row, const json_t *weights)
{
    double n = 1;
    const json_t *v;
    size_t i;

    json_array_foreach(weights, i, v)
    {
        n *= (double)json_integer_value(v);
    }
    n += (double)json_integer_value(json_array_get(weights, 0));
    return export_number(row, "params") >= n;
}

/* What the operator is given, then its weights and bias. */
static json_t *
shapes(const json_t *row)
{
    json_t *list = json_copy(json_object_get(row, "input_shapes"));
    json_t *weights = weight_shape(row);
    int rc = list == NULL;

    if (weights != NULL) {
        rc |= json_array_append(list, weights);
        if (has_bias(row, weights))
            rc |= json_array_append_new(
                list, json_pack("[O]", json_array_get(weights, 0)));
    }
    json_decref(weights);
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *
types(const json_t *row, size_t n)
{
    int type = export_type_caffe2(export_text(row, "dtype"));
    json_t *list = json_array();
    int rc = 0;

    for (size_t i = 0; i < n; i++)
        rc |= json_array_append_new(list, json_integer(type));
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

/* The members that the reader knows, and no other. */
static json_t *
record(const struct export_layers *l, const char *op, json_t *args,
    json_t *in_shapes, const json_t *row)
{
    size_t n = json_array_size(in_shapes);

    return json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:s}", "op_type", op,
        "op_args", args, "input_shapes", in_shapes, "input_dtypes",
        types(row, n), "runtime_us_p0", export_scaled(row, "min_ns", 1e3),
        "runtime_us_p10", export_scaled(row, "p10_ns", 1e3), "runtime_us_p50",
        export_scaled(row, "median_ns", 1e3), "runtime_us_p90",
        export_scaled(row, "p90_ns", 1e3), "runtime_us_p100",
        export_scaled(row, "max_ns", 1e3), "device",
        export_text(l->in->profile, "device"));
}

/* What the document states, and each operator's layer and grade, as the
 * arguments of an operator that no network has. */
static json_t *
conditions(const struct export_layers *l)
{
    json_t *meta = export_meta(l), *list = json_array(), *v;
    int rc = meta == NULL;
    const char *name;
    size_t i;

    json_object_foreach(meta, name, v)
    {
        if (json_is_integer(v))
            rc |= json_array_append_new(
                list, json_sprintf(
                          "%s: %lld", name, (long long)json_integer_value(v)));
        else if (json_is_string(v))
            rc |= json_array_append_new(
                list, json_sprintf("%s: %s", name, json_string_value(v)));
    }
    json_array_foreach(l->rows, i, v)
    {
        rc |= json_array_append_new(
            list, json_sprintf("layer: %s (%s)", export_text(v, "name"),
                      export_text(v, "grade")));
    }
    json_decref(meta);
    if (rc == 0)
        return record(l, "offramp", list, json_array(), NULL);
    json_decref(list);
    return NULL;
}

/* Append `doc` (stolen; NULL: out of memory) as a line. */
static enum status
add_line(json_t *doc, struct buf *out, struct err *err)
{
    char *text =
        doc ? json_dumps(doc, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
    enum status st = text ? buf_addstr(out, text, err) : err_nomem(err);

    free(text);
    json_decref(doc);
    return st == ST_OK ? buf_addstr(out, "\n", err) : st;
}

enum status
export_fbnet(const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_alone(&l, in, GAPS_REFUSE, err);
    json_t *row;
    size_t i;

    if (st != ST_OK)
        return st;
    st = add_line(conditions(&l), out, err);
    json_array_foreach(l.rows, i, row)
    {
        if (st == ST_OK)
            st = add_line(record(&l, export_text(row, "fusion_group"),
                              argument_list(row), shapes(row), row),
                out, err);
    }
    export_layers_clear(&l);
    return st;
}
