/* SPDX-License-Identifier: MIT */
#include "server/export/export.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct export_dialect export_dialects[] = {
    { "json", "application/vnd.offramp.costs+json; version=1", "json",
        "everything measured, with layers, exits and conditions", export_json },
    { "csv", "text/csv; charset=utf-8; header=present", "csv",
        "one line a layer and level, for spreadsheets", export_csv },
    { "chrome", "application/json", "trace.json",
        "a trace to look at in Perfetto or Chrome", export_chrome },
    { "costs", "application/json", "costs.json",
        "what a search needs: segments and heads (offramp search --costs)",
        export_costs },
    { "ort", "application/json", "ort.json",
        "ONNX Runtime's profile: events of a session and its nodes",
        export_ort },
    { "tvm-log", "text/plain; charset=utf-8", "tvm.log",
        "TVM tuning log 0.2: a line a layer", export_tvm_log },
    { "tvm-report", "application/json", "tvm.json",
        "TVM profiler report: calls with time and share", export_tvm_report },
    { "trtexec", "application/json", "trtexec.json", "trtexec's layer profile",
        export_trtexec },
    { "tflite", "text/plain; charset=utf-8", "tflite.txt",
        "the table of TensorFlow Lite's benchmark_model", export_tflite },
    { "google-benchmark", "application/json", "benchmark.json",
        "every row as google-benchmark aggregates", export_google_benchmark },
    { "model-explorer", "application/json", "overlay.json",
        "node data that colours the graph in Model Explorer",
        export_model_explorer },
    { "nn-meter", "text/plain; charset=utf-8", "nnmeter.csv",
        "nn-Meter's CSV: a table a kernel", export_nnmeter_csv },
    { "nn-meter-json", "application/json", "nnmeter.json",
        "nn-Meter's JSON of profiled kernels", export_nnmeter_json },
    { "ofa", "application/yaml", "ofa.yaml",
        "Once-for-All and ProxylessNAS: blocks of mobile networks",
        export_ofa },
    { "fbnet", "application/jsonl", "fbnet.json",
        "FBNet's look-up table with quantiles, an operator a line",
        export_fbnet },
    { "nni", "text/plain; charset=utf-8", "nni.txt", "NNI's lut.txt",
        export_nni },
    { "partition", "application/json", "partition.json",
        "layers and edges for dnn-partitioning", export_partition },
    { "graph", "application/json", "graph.json",
        "layers, times and tensors (offramp partition)", export_graph },
    { "pipedream", "text/plain; charset=utf-8", "pipedream.txt",
        "PipeDream's profile graph", export_pipedream },
    { "axonn", "application/json", "axonn.json",
        "layers for AxoNN-style mapping to processors", export_axonn },
    { "blocks", "application/json", "blocks.json",
        "block table of early-exit schedulers", export_blocks },
    { "openmetrics",
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        "metrics.txt", "OpenMetrics of a profile's layers",
        export_openmetrics },
    { NULL, NULL, NULL, NULL, NULL },
};

enum status
export_find(
    const char *name, const struct export_dialect **out, struct err *err)
{
    char all[400] = "";

    for (const struct export_dialect *d = export_dialects; d->name; d++) {
        if (strcmp(d->name, name) == 0) {
            *out = d;
            return ST_OK;
        }
        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
            all[0] ? ", " : "", d->name);
    }
    return err_set(err, ST_NOT_FOUND, "export.format",
        "no export format '%.40s': use one of %s", name, all);
}

void
export_input_clear(struct export_input *in)
{
    json_decref(in->profile);
    json_decref(in->model);
    json_decref(in->env);
    json_decref(in->image);
    json_decref(in->rows);
    json_decref(in->omitted);
    json_decref(in->omitted_there);
    json_decref(in->device_model);
    memset(in, 0, sizeof(*in));
}

static enum status
dump(json_t *doc, size_t flags, struct buf *out, struct err *err)
{
    char *text = doc ? json_dumps(doc, JSON_INDENT(1) | flags) : NULL;
    enum status st;

    json_decref(doc);
    if (text == NULL)
        return err_nomem(err);
    if ((st = buf_addstr(out, text, err)) == ST_OK)
        st = buf_addstr(out, "\n", err);
    free(text);
    return st;
}

enum status
export_dump(json_t *doc, struct buf *out, struct err *err)
{
    /* 15 digits: 0.1 stays 0.1, and no clock is that precise. */
    return dump(doc, JSON_REAL_PRECISION(15), out, err);
}

enum status
export_dump_exact(json_t *doc, struct buf *out, struct err *err)
{
    return dump(doc, 0, out, err);
}

bool
export_is(const json_t *row, const char *level, const char *role)
{
    return strcmp(export_text(row, "level"), level) == 0 &&
           strcmp(export_text(row, "role"), role) == 0;
}

json_t *
export_row(
    const json_t *rows, const char *level, const char *role, int64_t index)
{
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        if (export_is(row, level, role) &&
            json_integer_value(json_object_get(row, "index")) == index)
            return row;
    }
    return NULL;
}

bool
export_is_counted(const struct export_input *in)
{
    const json_t *row;
    size_t i;

    json_array_foreach(in->rows, i, row)
    {
        if (strcmp(export_text(row, "source"), "emulated") == 0)
            return true;
    }
    return false;
}

enum status
export_refuse_counted(const struct export_input *in, struct err *err)
{
    return err_set(err, ST_UNPROCESSABLE, "export.unsupported",
        "%s is emulated: it has counts and no times, which this format has "
        "no place for; take json, csv or costs",
        export_text(in->profile, "device"));
}

const json_t **
export_by_index(
    const json_t *rows, const char *level, const char *role, size_t n)
{
    const json_t **at = calloc(n + 1, sizeof(*at));
    const json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        json_int_t k = json_integer_value(json_object_get(row, "index"));

        if (at != NULL && export_is(row, level, role) && k >= 0 &&
            (size_t)k < n && at[k] == NULL)
            at[k] = row;
    }
    return at;
}

json_t *
export_omitted(const json_t *rows)
{
    json_t *a = json_array(), *row;
    int rc = 0;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        rc |= json_array_append_new(a,
            json_pack("{s:s,s:s,s:O,s:s,s:s}", "level",
                export_text(row, "level"), "role", export_text(row, "role"),
                "index", json_object_get(row, "index"), "name",
                export_text(row, "name"), "grade", export_text(row, "grade")));
    }
    if (rc == 0)
        return a;
    json_decref(a);
    return NULL;
}

double
export_number(const json_t *o, const char *name)
{
    const json_t *v = json_object_get(o, name);

    return json_is_number(v) ? json_number_value(v) : NAN;
}

const char *
export_text(const json_t *o, const char *name)
{
    const char *s = json_string_value(json_object_get(o, name));

    return s ? s : "";
}
