/* SPDX-License-Identifier: MIT */
/*
 * Chrome trace events, for Perfetto and chrome://tracing: one thread a lane,
 * medians laid end to end.  It shows proportions; it is no recording of one
 * run, and the metadata says so.
 */
#include "server/export/export.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROLES = 3 };

static const struct lane {
    const char *name, *level;
    const char *roles[ROLES]; /* taken in turn for each index; ends with NULL */
} lanes[] = {
    { "L0 whole network", "L0", { "whole" } },
    { "L1 layers in the network", "L1", { "layer" } },
    { "L2 layers alone, hot", "L2", { "layer" } },
    { "L3 layers alone, cold", "L3", { "layer" } },
    { "L6 segments and heads", "L6", { "segment", "head" } },
    { "L6 prefixes, one after the other", "L6", { "prefix" } },
};
enum { LANES = sizeof(lanes) / sizeof(lanes[0]), PID = 1 };

static json_t *
name_event(const char *what, size_t tid, const char *name)
{
    return json_pack("{s:s,s:s,s:i,s:I,s:{s:s}}", "name", what, "ph", "M",
        "pid", PID, "tid", (json_int_t)tid, "args", "name", name);
}

/* A row from `start_ns` to `end_ns`; the format counts in microseconds. */
static json_t *
slice(const json_t *row, size_t tid, double start_ns, double end_ns)
{
    static const char *const members[] = { "level", "role", "index",
        "median_ns", "ci95_lo_ns", "ci95_hi_ns", "n_epochs", "macs",
        "fusion_group", "onnx_nodes", "kernel_key", "flags", "grade",
        "source" };
    json_t *args = json_pack("{s:s}", "statistic", "median");
    int rc = 0;

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *v = json_object_get(row, members[i]);

        if (v != NULL)
            rc |= json_object_set(args, members[i], v);
    }
    if (rc != 0) {
        json_decref(args);
        return NULL;
    }
    return json_pack("{s:s,s:s,s:s,s:f,s:f,s:i,s:I,s:o}", "name",
        export_text(row, "name"), "cat", export_text(row, "role"), "ph", "X",
        "ts", start_ns / 1e3, "dur", (end_ns - start_ns) / 1e3, "pid", PID,
        "tid", (json_int_t)tid, "args", args);
}

static bool
in_lane(const struct lane *lane, const json_t *row)
{
    for (size_t r = 0; lane->roles[r] != NULL; r++)
        if (export_is(row, lane->level, lane->roles[r]) &&
            !isnan(export_number(row, "median_ns")))
            return true;
    return false;
}

/* The end of the lane: the highest index in it, plus one. */
static int64_t
lane_length(const struct lane *lane, const json_t *rows)
{
    int64_t n = 0;
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        int64_t index = json_integer_value(json_object_get(row, "index"));

        if (in_lane(lane, row) && index >= n)
            n = index + 1;
    }
    return n;
}

/* Lay the first n indices of a lane out, whose rows are at[role][index].  Its
 * borders are whole ns, so that neighbours meet exactly and never overlap. */
static int
add_slices(json_t *events, const struct lane *lane, size_t tid, int64_t n,
    const json_t **const *at)
{
    double end = 0;
    int rc = 0;

    for (int64_t i = 0; i < n; i++)
        for (size_t r = 0; lane->roles[r] != NULL; r++) {
            const json_t *row = at[r][i];
            double start = end;

            if (row == NULL || !in_lane(lane, row))
                continue;
            end += round(export_number(row, "median_ns"));
            rc |= json_array_append_new(events, slice(row, tid, start, end));
        }
    return rc;
}

static int
add_lane(
    json_t *events, const struct lane *lane, size_t tid, const json_t *rows)
{
    int64_t n = lane_length(lane, rows);
    const json_t **at[ROLES] = { NULL };
    int rc = 0;

    if (n == 0)
        return 0;
    for (size_t r = 0; lane->roles[r] != NULL; r++)
        if ((at[r] = export_by_index(
                 rows, lane->level, lane->roles[r], (size_t)n)) == NULL)
            rc = -1;
    if (rc == 0)
        rc = json_array_append_new(
            events, name_event("thread_name", tid, lane->name));
    if (rc == 0)
        rc = add_slices(events, lane, tid, n, at);
    for (size_t r = 0; r < ROLES; r++)
        free(at[r]);
    return rc;
}

enum status
export_chrome(const struct export_input *in, struct buf *out, struct err *err)
{
    const json_t *p = in->profile;
    json_t *events = json_array();
    int rc = json_array_append_new(
        events, name_event("process_name", 0, export_text(p, "device")));

    for (size_t i = 0; i < LANES; i++)
        rc |= add_lane(events, &lanes[i], i + 1, in->rows);
    if (rc != 0) {
        json_decref(events);
        return err_nomem(err);
    }
    return export_dump(
        json_pack("{s:o,s:s,s:{s:s,s:s,s:s,s:s,s:O,s:O,s:s,s:s,s:o}}",
            "traceEvents", events, "displayTimeUnit", "ms", "metadata", "note",
            "medians of separate measurements, laid end to end", "device",
            export_text(p, "device"), "model", export_text(p, "model"),
            "model_name", export_text(p, "model_name"), "profile",
            json_object_get(p, "id"), "grade", json_object_get(p, "grade"),
            "statistic", "median", "min_grade", in->min_grade, "omitted",
            export_omitted(in->omitted)),
        out, err);
}
