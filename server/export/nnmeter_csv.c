/* SPDX-License-Identifier: MIT */
/*
 * nn-Meter's CSV: its kernels have different columns, so one table a kernel
 * follows another, each after a line "# kernel: NAME".  Layers that are none
 * of its kernels are listed in comments.
 */
#include "server/export/nnmeter.h"

static enum status
add_line(const struct nnmeter_kernel *k, const json_t *row, struct buf *out,
    struct err *err)
{
    enum status st = buf_addstr(out, export_text(row, "kernel_key"), err);

    for (size_t f = 0; k->fields[f] != NULL && st == ST_OK; f++)
        st = buf_addf(
            out, err, ",%lld", (long long)nnmeter_value(row, k->fields[f]));
    return st != ST_OK ? st
                       : buf_addf(out, err, ",%.15g\n",
                             export_number(row, "median_ns") / 1e6);
}

static enum status
add_header(const struct nnmeter_kernel *k, struct buf *out, struct err *err)
{
    enum status st = buf_addf(out, err, "# kernel: %s\nmodel_path", k->name);

    for (size_t f = 0; k->fields[f] != NULL && st == ST_OK; f++)
        st = buf_addf(out, err, ",%s", k->fields[f]);
    return st == ST_OK ? buf_addstr(out, ",latency\n", err) : st;
}

static enum status
add_table(const struct export_layers *l, const struct nnmeter_kernel *k,
    struct buf *out, struct err *err)
{
    enum status st = ST_OK;
    bool first = true;
    json_t *row;
    size_t i;

    json_array_foreach(l->rows, i, row)
    {
        if (st != ST_OK || nnmeter_find(row) != k)
            continue;
        if (first)
            st = add_header(k, out, err);
        first = false;
        if (st == ST_OK)
            st = add_line(k, row, out, err);
    }
    return st;
}

/* Layers that nn-Meter has no kernel for. */
static enum status
add_others(const struct export_layers *l, struct buf *out, struct err *err)
{
    enum status st = ST_OK;
    char group[EXPORT_WORD];
    json_t *row;
    size_t i;

    json_array_foreach(l->rows, i, row)
    {
        if (st != ST_OK || nnmeter_find(row) != NULL)
            continue;
        st = buf_addf(out, err, "# no kernel: %lld ",
            (long long)json_integer_value(json_object_get(row, "index")));
        if (st == ST_OK)
            st = export_line_text(out, export_text(row, "name"), err);
        if (st == ST_OK)
            st = buf_addf(
                out, err, " (%s)\n", export_word(row, "fusion_group", group));
    }
    return st;
}

enum status
export_nnmeter_csv(
    const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_alone(&l, in, GAPS_LIST, err);

    if (st != ST_OK)
        return st;
    if ((st = export_comment(&l, "# ", out, err)) == ST_OK)
        st = add_others(&l, out, err);
    for (const struct nnmeter_kernel *k = nnmeter_kernels;
         k->name != NULL && st == ST_OK; k++)
        st = add_table(&l, k, out, err);
    export_layers_clear(&l);
    return st;
}
