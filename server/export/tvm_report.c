/* SPDX-License-Identifier: MIT */
/* TVM's profiler report: one call a layer, numbers wrapped in their unit. */
#include "server/export/layers.h"

#include <stdlib.h>

static json_t *
call(const struct export_layers *l, const json_t *row)
{
    double ns = export_number(row, "median_ns");

    return json_pack(
        "{s:{s:s},s:{s:f},s:{s:i},s:{s:f},s:{s:s},s:{s:s},s:{s:s}}", "Name",
        "string", export_text(row, "name"), "Duration (us)", "microseconds",
        ns / 1e3, "Count", "count", 1, "Percent", "percent",
        100 * ns / l->total_ns, "Device", "string",
        export_text(l->in->profile, "device"), "Hash", "string",
        export_text(row, "kernel_key"), "Grade", "string",
        export_text(row, "grade"));
}

/* What every document states; the readers know text, counts and times. */
static json_t *
configuration(const struct export_layers *l)
{
    json_t *meta = export_meta(l), *o = json_object(), *v;
    const char *name;
    int rc = meta == NULL;

    json_object_foreach(meta, name, v)
    {
        if (!json_is_array(v))
            rc |= json_object_set_new(o, name,
                json_pack("{s:O}", json_is_integer(v) ? "count" : "string", v));
    }
    json_object_foreach(meta, name, v)
    {
        char *text = json_is_array(v) ? json_dumps(v, JSON_COMPACT) : NULL;

        if (text != NULL)
            rc |= json_object_set_new(
                o, name, json_pack("{s:s}", "string", text));
        free(text);
    }
    json_decref(meta);
    if (rc == 0)
        return o;
    json_decref(o);
    return NULL;
}

enum status
export_tvm_report(
    const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_in_situ(&l, in, GAPS_LIST, err);
    json_t *calls, *doc;
    const char *device = export_text(in->profile, "device");

    if (st != ST_OK)
        return st;
    calls = export_map(&l, call);
    doc = json_pack("{s:o,s:{s:{s:{s:s},s:{s:f},s:{s:I},s:{s:f}}},s:o}",
        "calls", calls, "device_metrics", device, "Device", "string", device,
        "Duration (us)", "microseconds", l.total_ns / 1e3, "Count", "count",
        (json_int_t)json_array_size(l.rows), "Percent", "percent", 100.0,
        "configuration", configuration(&l));
    export_layers_clear(&l);
    return export_dump(doc, out, err);
}
