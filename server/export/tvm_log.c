/* SPDX-License-Identifier: MIT */
/*
 * TVM tuning log, version 0.2: one JSON line a layer, as AutoTVM's readers
 * took them until they were removed.  They skip lines that start with '#'.
 * There is no schedule behind a number: `config` names the kernel key.
 */
#include "server/export/layers.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"

enum { NO_ERROR = 0 };

/* [["TENSOR", shape, type], ..] */
static json_t *
tensors(const json_t *row)
{
    const char *type = export_type_numpy(export_text(row, "dtype"));
    json_t *list = json_array(), *shape;
    size_t i;
    int rc = 0;

    json_array_foreach(json_object_get(row, "input_shapes"), i, shape)
    {
        rc |= json_array_append_new(
            list, json_pack("[s,O,s]", "TENSOR", shape, type));
    }
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *
record(const struct export_layers *l, const json_t *row)
{
    double mean = export_number(row, "mean_ns");
    double runs =
        export_number(row, "n_epochs") * export_number(row, "iters_per_epoch");
    int64_t made = clock_utc_parse(export_text(l->in->profile, "created_at"));

    return json_pack("{s:[s,o,o,{}],s:{s:O,s:O,s:[]},s:[[f],i,f,f],s:f,s:s}",
        "input", "llvm",
        json_sprintf("offramp.%s", export_text(row, "fusion_group")),
        tensors(row), "config", "index", json_object_get(row, "index"),
        "code_hash", json_object_get(row, "kernel_key"), "entity", "result",
        export_number(row, "median_ns") / 1e9, NO_ERROR,
        isnan(mean * runs) ? 0 : mean * runs / 1e9,
        (double)(made < 0 ? 0 : made) / 1e3, "version", 0.2, "tvm_version",
        "0.8.0");
}

static enum status
add_line(const struct export_layers *l, const json_t *row, struct buf *out,
    struct err *err)
{
    json_t *doc = record(l, row);
    char *text =
        doc ? json_dumps(doc, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
    enum status st = text ? buf_addf(out, err, "%s\n", text) : err_nomem(err);

    free(text);
    json_decref(doc);
    return st;
}

enum status
export_tvm_log(const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_alone(&l, in, GAPS_LIST, err);
    json_t *row;
    size_t i;

    if (st != ST_OK)
        return st;
    st = export_comment(&l, "# ", out, err);
    json_array_foreach(l.rows, i, row)
    {
        if (st == ST_OK)
            st = add_line(&l, row, out, err);
    }
    export_layers_clear(&l);
    return st;
}
