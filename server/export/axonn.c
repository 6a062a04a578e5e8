/* SPDX-License-Identifier: MIT */
/*
 * Layers as AxoNN's schedulers take them, with time and energy on two
 * processors.  The measured one takes the place of its GPU; what was not
 * measured (energy, the second processor, transitions) is null.
 */
#include "server/export/layers.h"

#include <stdlib.h>

/* `metered`: the layer's row at L5, or NULL. */
static json_t *
layer(const json_t *row, const json_t *metered)
{
    json_t *index = json_object_get(row, "index");
    const json_t *energy = json_object_get(metered, "energy");

    return json_pack("{s:O,s:s,s:s,s:O,s:b,s:o,s:o,s:n,s:n,s:O}", "index",
        index, "name", export_text(row, "name"), "layer_type",
        export_text(row, "op_type"), "output_tensor_size",
        json_object_get(row, "bytes_out"), "can_run_on_dla", 0, "gpu_time_ms",
        export_scaled(row, "median_ns", 1e6), "gpu_energy_mj",
        export_scaled(energy, "net_nj", 1e6), "dla_time_ms", "dla_energy_mj",
        "grade", json_object_get(row, "grade"));
}

static json_t *
layers(const struct export_layers *l)
{
    size_t n = json_array_size(
        json_object_get(json_object_get(l->in->model, "analysis"), "layers"));
    const json_t **metered = export_by_index(l->in->rows, "L5", "layer", n);
    json_t *list = json_array(), *row;
    int rc = metered == NULL;
    size_t i;

    json_array_foreach(l->rows, i, row)
    {
        size_t k = (size_t)json_integer_value(json_object_get(row, "index"));

        if (rc == 0) /* a model that is analysed again has no layers yet */
            rc = json_array_append_new(
                list, layer(row, k < n ? metered[k] : NULL));
    }
    free(metered);
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

enum status
export_axonn(const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_alone(&l, in, GAPS_REFUSE, err);
    json_t *doc;

    if (st != ST_OK)
        return st;
    doc = json_pack("{s:o,s:{s:n,s:n,s:n,s:n},s:o}", "layers", layers(&l),
        "config", "transition_time_base_ms", "transition_time_per_mb",
        "transition_energy_base_mj", "transition_energy_per_mb", "offramp",
        export_meta(&l));
    export_layers_clear(&l);
    return export_dump(doc, out, err);
}
