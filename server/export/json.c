/* SPDX-License-Identifier: MIT */
/* Native JSON: everything that was measured, with what it was measured on. */
#include "server/export/export.h"

#include <string.h>

#include "base/version.h"

/* Members of a row that go into a layer as they are. */
static const char *const layer_members[] = { "index", "name", "onnx_nodes",
    "op_type", "fusion_group", "kernel_key", "level", "source", "input_shapes",
    "output_shapes", "dtype", "macs", "params", "bytes_in", "bytes_out",
    "median_ns", "ci95_lo_ns", "ci95_hi_ns", "min_ns", "p90_ns", "p99_ns",
    "mad_ns", "first_ns", "context_factor", "counters", "flags", "grade" };

/* Members of `from` copied to `to` under another name. */
struct rename {
    const char *from, *to;
};
static const struct rename energy_members[] = {
    { "gross_nj", "energy_gross_nj" },
    { "net_nj", "energy_net_nj" },
    { "err_nj", "energy_err_nj" },
    { "method", "energy_method" },
};

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

    for (size_t i = 0; i < N(layer_members); i++)
        rc |= copy(o, layer_members[i], row, layer_members[i]);
    rc |= copy(o, "n", row, "n_epochs");
    for (size_t i = 0; i < N(energy_members); i++)
        rc |= copy(o, energy_members[i].to, e, energy_members[i].from);
    if (rc == 0)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *
layers(const json_t *rows)
{
    json_t *a = json_array(), *row;
    int rc = 0;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        if (strcmp(export_text(row, "role"), "layer") == 0)
            rc |= json_array_append_new(a, layer(row));
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
    rc |= copy(o, "prefix_residual_rel", sums, "prefix_residual_rel");
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

/* What the grade left out: enough to find it and to see why. */
static json_t *
omitted(const json_t *rows)
{
    static const char *const members[] = { "id", "level", "role", "index",
        "name", "grade", "flags" };
    json_t *a = json_array(), *row;
    int rc = 0;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        json_t *o = json_object();

        for (size_t k = 0; k < N(members); k++)
            rc |= copy(o, members[k], row, members[k]);
        rc |= json_array_append_new(a, o);
    }
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
    json_t *device = json_pack("{s:s,s:O*}", "name", export_text(p, "device"),
        "stable", json_object_get(in->env, "stable"));
    json_t *model = json_pack("{s:s,s:s,s:O*}", "id",
        export_text(in->model, "id"), "name", export_text(in->model, "name"),
        "opset", json_object_get(analysis, "opset"));
    json_t *doc = json_pack(
        "{s:s,s:s,s:s,s:O,s:s,s:s,s:o,s:s,s:o,s:O,s:O,s:O,s:O,s:O,s:o,s:o,s:o}",
        "schema", "offramp.export/1", "created", export_text(p, "created_at"),
        "generator", "offramp " OFFRAMP_VERSION, "profile",
        json_object_get(p, "id"), "statistic", "median", "min_grade",
        in->min_grade, "device", device, "env_fingerprint",
        export_text(p, "env_fingerprint"), "model", model, "policy",
        json_object_get(p, "policy"), "grade", json_object_get(p, "grade"),
        "flags", json_object_get(p, "flags"), "e2e", json_object_get(p, "e2e"),
        "closure", json_object_get(p, "closure"), "layers", layers(in->rows),
        "exits", exits(in), "omitted", omitted(in->omitted));

    return export_dump(doc, out, err);
}
