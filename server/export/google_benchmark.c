/* SPDX-License-Identifier: MIT */
/*
 * google-benchmark's JSON: median, mean and standard deviation of every row
 * at every level, as aggregates over epochs.  The readers want a CPU time;
 * only wall time is measured, so it is repeated, and the context says so.
 */
#include "server/export/layers.h"

#include <math.h>
#include <string.h>

#include "base/version.h"

static const struct aggregate {
    const char *name, *member;
} aggregates[] = {
    { "mean", "mean_ns" },
    { "median", "median_ns" },
    { "stddev", "sd_ns" },
};

static json_t *
aggregate(const json_t *row, const struct aggregate *a, json_int_t threads)
{
    double ns = export_number(row, a->member);
    json_t *run = json_sprintf("%s/%s/%lld/%s", export_text(row, "level"),
        export_text(row, "role"),
        (long long)json_integer_value(json_object_get(row, "index")),
        export_text(row, "name"));
    json_t *o = json_pack(
        "{s:o,s:O,s:s,s:O,s:i,s:I,s:s,s:s,s:O,s:f,s:f,s:s,s:O,s:O}", "name",
        json_sprintf("%s_%s",
            json_string_value(run) ? json_string_value(run) : "", a->name),
        "run_name", run, "run_type", "aggregate", "repetitions",
        json_object_get(row, "n_epochs"), "repetition_index", 0, "threads",
        threads, "aggregate_name", a->name, "aggregate_unit", "time",
        "iterations", json_object_get(row, "n_epochs"), "real_time", ns,
        "cpu_time", ns, "time_unit", "ns", "grade",
        json_object_get(row, "grade"), "flags", json_object_get(row, "flags"));

    json_decref(run);
    return o;
}

static json_t *
benchmarks(const struct export_input *in)
{
    json_t *list = json_array(), *row;
    json_int_t threads = json_integer_value(
        json_object_get(json_object_get(in->env, "stable"), "threads"));
    size_t i;
    int rc = 0;

    json_array_foreach(in->rows, i, row)
    {
        for (size_t a = 0; a < sizeof(aggregates) / sizeof(aggregates[0]); a++)
            if (!isnan(export_number(row, aggregates[a].member)))
                rc |= json_array_append_new(
                    list, aggregate(row, &aggregates[a], threads));
    }
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

enum status
export_google_benchmark(
    const struct export_input *in, struct buf *out, struct err *err)
{
    const json_t *p = in->profile;
    const json_t *stable = json_object_get(in->env, "stable");
    const char *governor = export_text(stable, "governor");
    json_t *cores = json_object_get(stable, "cores_used");
    double khz = export_number(stable, "fixed_khz");
    json_t *context =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:O,s:s,s:s,s:O,s:s,s:o}", "date",
            export_text(p, "created_at"), "host_name", export_text(p, "device"),
            "executable", "offramp " OFFRAMP_VERSION, "library_build_type",
            "release", "model", export_text(p, "model"), "profile",
            json_object_get(p, "id"), "statistic", "mean, median and stddev",
            "min_grade", in->min_grade, "grade", json_object_get(p, "grade"),
            "note", "cpu_time repeats real_time: only wall time is measured",
            "omitted", export_omitted(in->omitted));
    int rc = context == NULL;

    if (export_is_counted(in)) {
        json_decref(context);
        return export_refuse_counted(in, err);
    }
    if (json_is_integer(cores))
        rc |= json_object_set(context, "num_cpus", cores);
    if (!isnan(khz))
        rc |= json_object_set_new(
            context, "mhz_per_cpu", json_integer(llround(khz / 1e3)));
    if (governor[0] != '\0')
        rc |= json_object_set_new(context, "cpu_scaling_enabled",
            json_boolean(strcmp(governor, "performance") != 0));
    if (rc != 0) {
        json_decref(context);
        return err_nomem(err);
    }
    return export_dump(json_pack("{s:o,s:o}", "context", context, "benchmarks",
                           benchmarks(in)),
        out, err);
}
