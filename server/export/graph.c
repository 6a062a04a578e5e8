/* SPDX-License-Identifier: MIT */
/*
 * The network as layers and tensors (offramp.graph/1), for `offramp
 * partition`: of each layer its time, the bytes of its result and the layers
 * it reads.  A layer that reads none reads the network's input.
 */
#include "server/export/layers.h"

static const json_t *
analysed(const struct export_layers *l, const json_t *row)
{
    const json_t *layers =
        json_object_get(json_object_get(l->in->model, "analysis"), "layers");

    return json_array_get(
        layers, (size_t)json_integer_value(json_object_get(row, "index")));
}

static json_t *
node(const struct export_layers *l, const json_t *row)
{
    json_t *reads = json_object_get(analysed(l, row), "reads");

    return json_pack("{s:s,s:O,s:O,s:o}", "name", export_text(row, "name"),
        "latency_ns", json_object_get(row, "median_ns"), "bytes_out",
        json_object_get(row, "bytes_out"), "reads",
        json_is_array(reads) ? json_incref(reads) : json_array());
}

/* What the first layer that reads no other takes in. */
static json_t *
input_bytes(const struct export_layers *l)
{
    const json_t *row;
    size_t i;

    json_array_foreach(l->rows, i, row)
    {
        if (json_array_size(json_object_get(analysed(l, row), "reads")) == 0)
            return json_incref(json_object_get(row, "bytes_in"));
    }
    return json_integer(0);
}

enum status
export_graph(const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_in_situ(&l, in, GAPS_REFUSE, err);
    json_t *doc;

    if (st != ST_OK)
        return st;
    doc = json_pack("{s:s,s:s,s:s,s:s,s:o,s:o,s:o}", "schema",
        "offramp.graph/1", "model", export_model_name(in), "device",
        export_text(in->profile, "device"), "level", l.level, "input_bytes",
        input_bytes(&l), "layers", export_map(&l, node), "offramp",
        export_meta(&l));
    export_layers_clear(&l);
    return export_dump(doc, out, err);
}
