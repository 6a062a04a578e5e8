/* SPDX-License-Identifier: MIT */
/*
 * nn-Meter's JSON: {kernel: {id: {model, shapes, config, latency}}}.  Its
 * latency is "avg +- std" in ms.  A layer without one stands there without
 * `latency`, as nn-Meter writes what it has not profiled yet; a layer that is
 * none of its kernels stands under its fusion group.
 */
#include "server/export/nnmeter.h"

#include <math.h>

static json_t *
config(const struct nnmeter_kernel *k, const json_t *row)
{
    json_t *o = json_object();
    int rc = 0;

    for (size_t f = 0; k != NULL && k->fields[f] != NULL; f++)
        rc |= json_object_set_new(
            o, k->fields[f], json_integer(nnmeter_value(row, k->fields[f])));
    if (rc == 0)
        return o;
    json_decref(o);
    return NULL;
}

/* nn-Meter has heights, widths and channels, without the batch, last. */
static json_t *
shapes(const json_t *row)
{
    json_t *list = json_array(), *shape;
    size_t i;
    int rc = 0;

    json_array_foreach(json_object_get(row, "input_shapes"), i, shape)
    {
        size_t n = json_array_size(shape);
        json_t *to = json_array();

        for (size_t k = 2; k < n; k++)
            rc |= json_array_append(to, json_array_get(shape, k));
        if (n > 1)
            rc |= json_array_append(to, json_array_get(shape, 1));
        rc |= json_array_append_new(list, to);
    }
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *
entry(const struct export_layers *l, const json_t *layer, json_t *grade)
{
    double mean = export_number(layer, "mean_ns");
    double sd = export_number(layer, "sd_ns");
    json_t *o = json_pack("{s:s,s:o,s:o,s:s,s:s,s:s,s:s,s:O}", "model",
        export_text(layer, "kernel_key"), "shapes", shapes(layer), "config",
        config(nnmeter_find(layer), layer), "device",
        export_text(l->in->profile, "device"), "level", l->level, "statistic",
        l->statistic, "min_grade", l->in->min_grade, "grade", grade);

    if (!isnan(mean + sd) &&
        json_object_set_new(o, "latency",
            json_sprintf("%.9g +- %.9g", mean / 1e6, sd / 1e6)) != 0) {
        json_decref(o);
        return NULL;
    }
    return o;
}

/* A row, or a layer of the analysis, which has the same facts. */
static int
add(json_t *doc, const struct export_layers *l, const json_t *layer,
    json_t *grade)
{
    const struct nnmeter_kernel *k = nnmeter_find(layer);
    const char *name = k ? k->name : export_text(layer, "fusion_group");
    json_t *id = json_sprintf("%s_%lld", name,
        (long long)json_integer_value(json_object_get(layer, "index")));
    int rc = 0;

    if (json_object_get(doc, name) == NULL)
        rc |= json_object_set_new(doc, name, json_object());
    rc |= json_object_set_new(json_object_get(doc, name), json_string_value(id),
        entry(l, layer, grade));
    json_decref(id);
    return rc;
}

static int
add_layers(json_t *doc, const struct export_layers *l)
{
    const json_t *layers =
        json_object_get(json_object_get(l->in->model, "analysis"), "layers");
    json_t *v;
    size_t i;
    int rc = 0;

    json_array_foreach(l->rows, i, v)
    {
        rc |= add(doc, l, v, json_object_get(v, "grade"));
    }
    json_array_foreach(l->gaps, i, v)
    {
        rc |= add(doc, l,
            json_array_get(layers,
                (size_t)json_integer_value(json_object_get(v, "index"))),
            json_object_get(v, "grade"));
    }
    return rc;
}

enum status
export_nnmeter_json(
    const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_alone(&l, in, GAPS_LIST, err);
    json_t *doc;
    int rc;

    if (st != ST_OK)
        return st;
    l.statistic = "mean";
    doc = json_object();
    rc = add_layers(doc, &l);
    export_layers_clear(&l);
    if (rc == 0)
        return export_dump(doc, out, err);
    json_decref(doc);
    return err_nomem(err);
}
