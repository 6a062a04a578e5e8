/* SPDX-License-Identifier: MIT */
/*
 * trtexec's --exportProfile: a count of runs, then one entry a layer.  One
 * run is claimed, so that timeMs is the mean time of a run.  Its best known
 * reader, TREx, tells layers from the count by their four or five members, so
 * an entry has no other; grades stand with the count, in the same order.
 */
#include "server/export/layers.h"

static json_t *
entry(const struct export_layers *l, const json_t *row)
{
    double median = export_number(row, "median_ns");
    json_t *mean = export_scaled(row, "mean_ns", 1e6);

    return json_pack("{s:s,s:o,s:O,s:f,s:f}", "name", export_text(row, "name"),
        "timeMs", mean, "averageMs", mean, "medianMs", median / 1e6,
        "percentage", 100 * median / l->total_ns);
}

static json_t *
grade(const struct export_layers *l, const json_t *row)
{
    (void)l;
    return json_incref(json_object_get(row, "grade"));
}

enum status
export_trtexec(const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_in_situ(&l, in, GAPS_LIST, err);
    json_t *list, *head;

    if (st != ST_OK)
        return st;
    list = export_map(&l, entry);
    head = json_pack("{s:i,s:o,s:o}", "count", 1, "offramp", export_meta(&l),
        "grades", export_map(&l, grade));
    export_layers_clear(&l);
    if (json_array_insert_new(list, 0, head) != 0) {
        json_decref(list);
        list = NULL;
    }
    return export_dump(list, out, err);
}
