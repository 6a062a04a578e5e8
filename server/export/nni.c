/* SPDX-License-Identifier: MIT */
/*
 * NNI's lut.txt: a Python literal a line, latency in us.  Its reader takes
 * every line as an entry, so what a document states stands in each; a missing
 * layer would count as absent from the network: incomplete ones are refused.
 */
#include "server/export/layers.h"

/* A Python string: what could end it or leave its line is escaped. */
static enum status
add_text(struct buf *out, const char *s, struct err *err)
{
    enum status st = buf_addstr(out, "'", err);

    for (; *s != '\0' && st == ST_OK; s++) {
        unsigned char c = (unsigned char)*s;

        if (c < ' ' || c == 127)
            st = buf_addf(out, err, "\\x%02x", c);
        else
            st = buf_addf(
                out, err, "%s%c", c == '\'' || c == '\\' ? "\\" : "", c);
    }
    return st == ST_OK ? buf_addstr(out, "'", err) : st;
}

static enum status
add_line(const struct export_layers *l, const json_t *row, struct buf *out,
    struct err *err)
{
    const struct {
        const char *key, *text;
    } texts[] = {
        { "op_name", export_text(row, "fusion_group") },
        { "op_dtype", export_type_protobuf(export_text(row, "dtype")) },
        { "layer", export_text(row, "name") },
        { "device", export_text(l->in->profile, "device") },
        { "level", l->level },
        { "statistic", l->statistic },
        { "min_grade", l->in->min_grade },
        { "grade", export_text(row, "grade") },
    };
    enum status st = buf_addstr(out, "{", err);

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (st == ST_OK)
            st = buf_addf(out, err, "'%s': ", texts[i].key);
        if (st == ST_OK && (st = add_text(out, texts[i].text, err)) == ST_OK)
            st = buf_addstr(out, ", ", err);
    }
    if (st != ST_OK)
        return st;
    return buf_addf(out, err,
        "'op_data_shape': (%lld, %lld, %lld, %lld, %lld), 'op_latency': "
        "%.15g}\n",
        (long long)export_dim(row, "input_shapes", 3),
        (long long)export_dim(row, "input_shapes", 2),
        (long long)export_dim(row, "input_shapes", 1),
        (long long)export_dim(row, "output_shapes", 1),
        (long long)export_setting(row, "strides", 0, 1),
        export_number(row, "median_ns") / 1e3);
}

enum status
export_nni(const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_alone(&l, in, GAPS_REFUSE, err);
    json_t *row;
    size_t i;

    if (st != ST_OK)
        return st;
    json_array_foreach(l.rows, i, row)
    {
        if (st == ST_OK)
            st = add_line(&l, row, out, err);
    }
    export_layers_clear(&l);
    return st;
}
