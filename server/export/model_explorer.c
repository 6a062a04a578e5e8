/* SPDX-License-Identifier: MIT */
/*
 * Model Explorer's node data: a value for a layer's first node, so that a sum
 * over the graph is the layers' sum.  The data's name says what it is.  Data
 * without a graph's id goes to the graph that is open; with one, it only goes
 * to a graph of the ONNX file's internal name, which no profile knows.
 */
#include "server/export/layers.h"

static int
add_value(json_t *results, const json_t *row)
{
    return json_object_set_new(results, export_text(row, "name"),
        json_pack("{s:f}", "value", export_number(row, "median_ns") / 1e3));
}

static json_t *
results(const struct export_layers *l)
{
    json_t *o = json_object(), *row;
    size_t i;
    int rc = 0;

    json_array_foreach(l->rows, i, row)
    {
        rc |= add_value(o, row);
    }
    if (rc == 0)
        return o;
    json_decref(o);
    return NULL;
}

enum status
export_model_explorer(
    const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_in_situ(&l, in, GAPS_LIST, err);
    json_t *name, *doc;

    if (st != ST_OK)
        return st;
    name = json_sprintf("median us, %s on %s, grade %s or better", l.level,
        export_text(in->profile, "device"), in->min_grade);
    doc = json_pack("{s:o,s:o,s:[{s:i,s:s},{s:i,s:s}],s:o}", "results",
        results(&l), "name", name, "gradient", "stop", 0, "bgColor", "#f1f8e9",
        "stop", 1, "bgColor", "#ef5350", "offramp", export_meta(&l));
    export_layers_clear(&l);
    return export_dump(doc, out, err);
}
