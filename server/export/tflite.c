/* SPDX-License-Identifier: MIT */
/* The run-order table of TensorFlow Lite's benchmark_model: right-aligned
 * columns after tabs.  Memory is what the layer writes. */
#include "server/export/layers.h"

#include <math.h>

static const struct {
    const char *title;
    int width;
} columns[] = {
    { "[node type]", 24 },
    { "[first]", 9 },
    { "[avg ms]", 9 },
    { "[%]", 8 },
    { "[cdf%]", 8 },
    { "[mem KB]", 10 },
    { "[times called]", 9 },
};

static enum status
add_header(struct buf *out, struct err *err)
{
    enum status st = buf_addstr(out,
        "============================== Run Order "
        "==============================\n",
        err);

    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        if (st == ST_OK)
            st =
                buf_addf(out, err, "\t%*s", columns[i].width, columns[i].title);
    return st == ST_OK ? buf_addstr(out, "\t[Name]\n", err) : st;
}

/* 0 where it was not measured: the columns have no word for that. */
static double
ms(const json_t *row, const char *member)
{
    double ns = export_number(row, member);

    return isnan(ns) ? 0 : ns / 1e6;
}

static enum status
add_line(const json_t *row, double share, double sum, struct buf *out,
    struct err *err)
{
    double kib = export_number(row, "bytes_out") / 1024;
    char type[EXPORT_WORD];
    enum status st = buf_addf(out, err,
        "\t%*s\t%9.6f\t%9.6f\t%7.3f%%\t%7.3f%%\t%10.3f\t%9d\t",
        columns[0].width, export_word(row, "op_type", type),
        ms(row, "first_ns"), ms(row, "median_ns"), share, sum,
        isnan(kib) ? 0 : kib, 1);

    if (st == ST_OK)
        st = export_line_text(out, export_text(row, "name"), err);
    return st == ST_OK ? buf_addstr(out, "\n", err) : st;
}

enum status
export_tflite(const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_in_situ(&l, in, GAPS_LIST, err);
    double sum = 0;
    json_t *row;
    size_t i;

    if (st != ST_OK)
        return st;
    if ((st = export_comment(&l, "# ", out, err)) == ST_OK)
        st = add_header(out, err);
    json_array_foreach(l.rows, i, row)
    {
        double share = 100 * export_number(row, "median_ns") / l.total_ns;

        if (st == ST_OK)
            st = add_line(row, share, sum += share, out, err);
    }
    export_layers_clear(&l);
    return st;
}
