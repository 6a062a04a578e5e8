/* SPDX-License-Identifier: MIT */
/*
 * FBNet's look-up table: one entry an operator, with quantiles in us.  Who
 * looks an operator up and finds none would count 0: incomplete tables are
 * refused.
 */
#include "server/export/layers.h"

static json_t *
types(const json_t *row)
{
    const char *type = export_type_numpy(export_text(row, "dtype"));
    size_t n = json_array_size(json_object_get(row, "input_shapes"));
    json_t *list = json_array();
    int rc = 0;

    for (size_t i = 0; i < n; i++)
        rc |= json_array_append_new(list, json_string(type));
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *
entry(const struct export_layers *l, const json_t *row)
{
    json_t *args = json_object_get(row, "attributes");

    return json_pack(
        "{s:s,s:o,s:O,s:o,s:o,s:o,s:o,s:o,s:o,s:s,s:s,s:s,s:s,s:O}", "op_type",
        export_text(row, "fusion_group"), "op_args",
        json_is_object(args) ? json_incref(args) : json_object(),
        "input_shapes", json_object_get(row, "input_shapes"), "input_dtypes",
        types(row), "runtime_us_p0", export_scaled(row, "min_ns", 1e3),
        "runtime_us_p10", export_scaled(row, "p10_ns", 1e3), "runtime_us_p50",
        export_scaled(row, "median_ns", 1e3), "runtime_us_p90",
        export_scaled(row, "p90_ns", 1e3), "runtime_us_p100",
        export_scaled(row, "max_ns", 1e3), "device",
        export_text(l->in->profile, "device"), "level", l->level, "statistic",
        l->statistic, "min_grade", l->in->min_grade, "grade",
        json_object_get(row, "grade"));
}

enum status
export_fbnet(const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_alone(&l, in, GAPS_REFUSE, err);
    json_t *list;

    if (st != ST_OK)
        return st;
    list = export_map(&l, entry);
    export_layers_clear(&l);
    return export_dump(list, out, err);
}
