/* SPDX-License-Identifier: MIT */
/*
 * Layers as AxoNN's schedulers take them, with time and energy on two
 * processors.  The measured one takes the place of its GPU; what was not
 * measured (energy, the second processor, transitions) is null.
 */
#include "server/export/layers.h"

static json_t *
layer(const struct export_layers *l, const json_t *row)
{
    json_t *index = json_object_get(row, "index");
    const json_t *energy = json_object_get(
        export_row(l->in->rows, "L5", "layer", json_integer_value(index)),
        "energy");

    return json_pack("{s:O,s:s,s:s,s:O,s:b,s:o,s:o,s:n,s:n,s:O}", "index",
        index, "name", export_text(row, "name"), "layer_type",
        export_text(row, "op_type"), "output_tensor_size",
        json_object_get(row, "bytes_out"), "can_run_on_dla", 0, "gpu_time_ms",
        export_scaled(row, "median_ns", 1e6), "gpu_energy_mj",
        export_scaled(energy, "net_nj", 1e6), "dla_time_ms", "dla_energy_mj",
        "grade", json_object_get(row, "grade"));
}

enum status
export_axonn(const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_alone(&l, in, GAPS_REFUSE, err);
    json_t *doc;

    if (st != ST_OK)
        return st;
    doc = json_pack("{s:o,s:{s:n,s:n,s:n,s:n},s:o}", "layers",
        export_map(&l, layer), "config", "transition_time_base_ms",
        "transition_time_per_mb", "transition_energy_base_mj",
        "transition_energy_per_mb", "offramp", export_meta(&l));
    export_layers_clear(&l);
    return export_dump(doc, out, err);
}
