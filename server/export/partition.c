/* SPDX-License-Identifier: MIT */
/*
 * The input of dnn-partitioning: layers as nodes, times in ms.  One processor
 * was measured, so no node may move to an accelerator and no edge costs
 * anything; fill in what other profiles know.
 */
#include "server/export/layers.h"

static json_t *
node(const struct export_layers *l, const json_t *row)
{
    json_t *ms = export_scaled(row, "median_ns", 1e6);

    (void)l;
    return json_pack("{s:O,s:s,s:i,s:o,s:O,s:i,s:O}", "id",
        json_object_get(row, "index"), "name", export_text(row, "name"),
        "supportedOnFpga", 0, "cpuLatency", ms, "fpgaLatency", ms,
        "isBackwardNode", 0, "size", json_object_get(row, "weight_bytes"));
}

static json_t *
edge(int64_t from, int64_t to)
{
    return json_pack("{s:I,s:I,s:f}", "sourceId", (json_int_t)from, "destId",
        (json_int_t)to, "cost", 0.0);
}

enum status
export_partition(
    const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_alone(&l, in, GAPS_REFUSE, err);
    json_t *doc;

    if (st != ST_OK)
        return st;
    doc = json_pack("{s:f,s:i,s:i,s:o,s:o,s:o}", "maxSizePerFPGA", 0.0,
        "maxFPGAs", 0, "maxCPUs", 1, "nodes", export_map(&l, node), "edges",
        export_edges(in, edge), "offramp", export_meta(&l));
    export_layers_clear(&l);
    return export_dump(doc, out, err);
}
