/* SPDX-License-Identifier: MIT */
/* Native JSON: everything that was measured, with what it was measured on. */
#include "server/export/export.h"
#include "server/export/native.h"

#include <string.h>

#include "base/version.h"

/* What of an exit is measured at which level and role. */
static const struct {
    const char *role, *from, *to;
} exit_members[] = {
    { "segment", "median_ns", "segment_median_ns" },
    { "segment", "ci95_lo_ns", "segment_ci95_lo_ns" },
    { "segment", "ci95_hi_ns", "segment_ci95_hi_ns" },
    { "head", "median_ns", "head_median_ns" },
    { "head", "ci95_lo_ns", "head_ci95_lo_ns" },
    { "head", "ci95_hi_ns", "head_ci95_hi_ns" },
    { "prefix", "median_ns", "prefix_median_ns" },
    { "prefix", "ci95_lo_ns", "prefix_ci95_lo_ns" },
    { "prefix", "ci95_hi_ns", "prefix_ci95_hi_ns" },
};

/* How well an exit's parts add up. */
static const char *const exit_sums[] = { "prefix_residual_rel",
    "prefix_split_rel", "cut_ns", "head_cut_ns" };

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* Copy a member; null where `o` has none. */
static int
copy(json_t *to, const char *name, const json_t *o, const char *member)
{
    json_t *v = json_object_get(o, member);

    return v ? json_object_set(to, name, v)
             : json_object_set_new(to, name, json_null());
}

static json_t *
layer(const json_t *row)
{
    const json_t *e = json_object_get(row, "energy");
    json_t *o = json_object();
    int rc = 0;

    for (const struct native_member *m = native_layer; m->row != NULL; m++)
        rc |= copy(o, m->native, row, m->row);
    for (const struct native_member *m = native_energy; m->row != NULL; m++)
        rc |= copy(o, m->native, e, m->row);
    if (rc == 0)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *
other(const json_t *row)
{
    json_t *o = json_object();
    int rc = 0;

    for (size_t i = 0; native_row[i] != NULL; i++)
        rc |= copy(o, native_row[i], row, native_row[i]);
    if (rc == 0)
        return o;
    json_decref(o);
    return NULL;
}

/* Rows of layers, or all others but the one that is `e2e`. */
static json_t *
rows_of(const json_t *rows, bool layers)
{
    json_t *a = json_array(), *row;
    int rc = 0;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        bool is_layer = strcmp(export_text(row, "role"), "layer") == 0;

        if (is_layer == layers && !export_is(row, "L0", "whole"))
            rc |= json_array_append_new(a, is_layer ? layer(row) : other(row));
    }
    if (rc == 0)
        return a;
    json_decref(a);
    return NULL;
}

/* One exit: where it is, what its parts cost, how well they add up. */
static json_t *
exit_entry(const struct export_input *in, const json_t *exit, size_t index)
{
    const json_t *sums =
        json_array_get(json_object_get(in->profile, "exits"), index);
    const json_t *prefix = export_row(in->rows, "L5", "prefix", (int64_t)index);
    json_t *o = json_object();
    int rc = copy(o, "index", exit, "index");

    rc |= copy(o, "name", exit, "name");
    rc |= copy(o, "after_layer", exit, "after_layer");
    for (size_t i = 0; i < N(exit_members); i++)
        rc |= copy(o, exit_members[i].to,
            export_row(in->rows, "L6", exit_members[i].role, (int64_t)index),
            exit_members[i].from);
    rc |= copy(
        o, "prefix_energy_nj", json_object_get(prefix, "energy"), "net_nj");
    for (size_t i = 0; i < N(exit_sums); i++)
        rc |= copy(o, exit_sums[i], sums, exit_sums[i]);
    if (rc == 0)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *
exits(const struct export_input *in)
{
    const json_t *list =
        json_object_get(json_object_get(in->model, "analysis"), "exits");
    json_t *a = json_array(), *exit;
    int rc = 0;
    size_t i;

    json_array_foreach(list, i, exit)
    {
        rc |= json_array_append_new(a, exit_entry(in, exit, i));
    }
    if (rc == 0)
        return a;
    json_decref(a);
    return NULL;
}

/* What the grade left out, here or where the profile is from: enough to find
 * it and to see why. */
static json_t *
omitted(const struct export_input *in)
{
    static const char *const members[] = { "id", "level", "role", "index",
        "name", "grade", "flags" };
    json_t *a = json_array(), *row;
    int rc = 0;
    size_t i;

    json_array_foreach(in->omitted, i, row)
    {
        json_t *o = json_object();

        for (size_t k = 0; k < N(members); k++)
            rc |= copy(o, members[k], row, members[k]);
        rc |= json_array_append_new(a, o);
    }
    if (in->omitted_there != NULL)
        rc |= json_array_extend(a, in->omitted_there);
    if (rc == 0)
        return a;
    json_decref(a);
    return NULL;
}

enum status
export_json(const struct export_input *in, struct buf *out, struct err *err)
{
    const json_t *p = in->profile;
    const json_t *analysis = json_object_get(in->model, "analysis");
    json_t *device = json_pack("{s:s,s:O*,s:O*}", "name",
        export_text(p, "device"), "stable", json_object_get(in->env, "stable"),
        "volatile", json_object_get(in->env, "volatile"));
    json_t *model = json_pack("{s:s,s:s,s:O*,s:O*}", "id",
        export_text(in->model, "id"), "name", export_text(in->model, "name"),
        "opset", json_object_get(analysis, "opset"), "analysis", analysis);
    json_t *doc = json_pack("{s:s,s:s,s:s,s:O,s:O*,s:s,s:s,s:o,s:s,s:O,s:o,s:O,"
                            "s:O,s:O,s:O,s:O,s:O,s:O,s:O,s:O,s:o,s:o,s:o,s:o}",
        "schema", NATIVE_SCHEMA, "created", export_text(p, "created_at"),
        "generator", "offramp " OFFRAMP_VERSION, "profile",
        json_object_get(p, "id"), "origin", json_object_get(p, "origin"),
        "statistic", "median", "min_grade", in->min_grade, "device", device,
        "env_fingerprint", export_text(p, "env_fingerprint"), "env_sha256",
        json_object_get(p, "env_sha256"), "model", model, "seed",
        json_object_get(p, "seed"), "started_at",
        json_object_get(p, "started_at"), "finished_at",
        json_object_get(p, "finished_at"), "policy",
        json_object_get(p, "policy"), "check", json_object_get(p, "check"),
        "grade", json_object_get(p, "grade"), "flags",
        json_object_get(p, "flags"), "e2e", json_object_get(p, "e2e"),
        "closure", json_object_get(p, "closure"), "layers",
        rows_of(in->rows, true), "rows", rows_of(in->rows, false), "exits",
        exits(in), "omitted", omitted(in));

    return export_dump_exact(doc, out, err);
}
