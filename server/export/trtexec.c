/* SPDX-License-Identifier: MIT */
/*
 * trtexec's --exportProfile: a count of runs, then one entry a layer.  One
 * run is claimed, so that timeMs is the mean time of a run.
 */
#include "server/export/layers.h"

static json_t *
entry(const struct export_layers *l, const json_t *row)
{
    double median = export_number(row, "median_ns");
    json_t *mean = export_scaled(row, "mean_ns", 1e6);

    return json_pack("{s:s,s:o,s:O,s:f,s:f,s:O}", "name",
        export_text(row, "name"), "timeMs", mean, "averageMs", mean, "medianMs",
        median / 1e6, "percentage", 100 * median / l->total_ns, "grade",
        json_object_get(row, "grade"));
}

enum status
export_trtexec(const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_in_situ(&l, in, GAPS_LIST, err);
    json_t *list;
    int rc;

    if (st != ST_OK)
        return st;
    list = json_pack("[{s:i,s:o}]", "count", 1, "offramp", export_meta(&l));
    rc = export_map(list, &l, entry);
    export_layers_clear(&l);
    if (rc == 0)
        return export_dump(list, out, err);
    json_decref(list);
    return err_nomem(err);
}
