/* SPDX-License-Identifier: MIT */
/*
 * onnx_trace.c -- the file that ONNX Runtime's profiler writes: one array of
 * events in the order in which they ended, read one by one, because thousands
 * of runs make tens of megabytes.
 *
 * A kernel is {"cat":"Node", "dur":us, "name":"X_kernel_time", "args":{..}};
 * a run ends with {"cat":"Session", "name":"model_run"}.
 */
#include "probes/runtimes/onnx_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

static const char suffix[] = "_kernel_time";
enum { NAME_BYTES = 1024, QUANTUM_NS = 1000 };

static enum status
emit(const json_t *event, const char *name, size_t run, kernel_time_fn *fn,
    void *ctx, struct err *err)
{
    const json_t *args = json_object_get(event, "args");
    const char *op = json_string_value(json_object_get(args, "op_name"));
    size_t n = strlen(name), tail = sizeof(suffix) - 1;
    char text[NAME_BYTES];
    struct kernel_time k = { .run = run,
        .name = text,
        .op = op != NULL ? op : "",
        .ns = QUANTUM_NS * json_integer_value(json_object_get(event, "dur")),
        .quantum_ns = QUANTUM_NS,
        .in = json_object_get(args, "input_type_shape"),
        .out = json_object_get(args, "output_type_shape") };

    if (n < tail || strcmp(name + n - tail, suffix) != 0)
        return ST_OK; /* an event beside the kernels */
    snprintf(text, sizeof(text), "%.*s", (int)(n - tail), name);
    return fn(&k, ctx, err);
}

/* Past white space and commas: does another event begin? */
static bool
another(FILE *f)
{
    int c = fgetc(f);

    while (c == ',' || (c != EOF && isspace(c)))
        c = fgetc(f);
    return c == '{' && ungetc(c, f) == c;
}

static enum status
walk(FILE *f, const char *path, kernel_time_fn *fn, void *ctx, struct err *err)
{
    enum status st = ST_OK;
    size_t run = 0;

    if (fgetc(f) != '[')
        return err_set(
            err, ST_INVALID, "measure.trace", "%s: not a profile", path);
    while (st == ST_OK && another(f)) {
        json_error_t why;
        json_t *event = json_loadf(f, JSON_DISABLE_EOF_CHECK, &why);
        const char *name = json_string_value(json_object_get(event, "name"));
        const char *cat = json_string_value(json_object_get(event, "cat"));

        if (name == NULL || cat == NULL)
            st = err_set(err, ST_INVALID, "measure.trace",
                "the runtime's profile is damaged in run %zu: %s", run,
                event != NULL ? "an event has no name" : why.text);
        else if (strcmp(cat, "Node") == 0)
            st = emit(event, name, run, fn, ctx, err);
        else
            run += strcmp(name, "model_run") == 0;
        json_decref(event);
    }
    return st;
}

enum status
onnx_trace_read(
    const char *path, kernel_time_fn *fn, void *ctx, struct err *err)
{
    FILE *f = fopen(path, "re");
    enum status st;

    if (f == NULL)
        return err_errno(err, path);
    st = walk(f, path, fn, ctx, err);
    fclose(f);
    return st;
}
