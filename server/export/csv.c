/* SPDX-License-Identifier: MIT */
/*
 * Native CSV (RFC 4180): one line a layer and level.  A row below the grade
 * keeps its line, with `omitted` 1 and no numbers, so that nothing
 * disappears without a word.
 */
#include "server/export/export.h"

#include <stdlib.h>
#include <string.h>

enum column_kind {
    COLUMN_PROFILE, /* a member of the profile */
    COLUMN_ROW,     /* what and how: said of omitted rows too */
    COLUMN_NUMBER,  /* a measured number: empty in omitted rows */
    COLUMN_ENERGY,  /* a member of the row's energy */
    COLUMN_GRADE,   /* the least grade asked for */
    COLUMN_OMITTED,
};

static const struct column {
    const char *name;
    enum column_kind kind;
    const char *member;
} columns[] = {
    { "device", COLUMN_PROFILE, "device" },
    { "model", COLUMN_PROFILE, "model" },
    { "profile", COLUMN_PROFILE, "id" },
    { "level", COLUMN_ROW, "level" },
    { "index", COLUMN_ROW, "index" },
    { "name", COLUMN_ROW, "name" },
    { "onnx_nodes", COLUMN_ROW, "onnx_nodes" },
    { "op_type", COLUMN_ROW, "op_type" },
    { "fusion_group", COLUMN_ROW, "fusion_group" },
    { "kernel_key", COLUMN_ROW, "kernel_key" },
    { "source", COLUMN_ROW, "source" },
    { "input_shapes", COLUMN_ROW, "input_shapes" },
    { "output_shapes", COLUMN_ROW, "output_shapes" },
    { "dtype", COLUMN_ROW, "dtype" },
    { "macs", COLUMN_ROW, "macs" },
    { "params", COLUMN_ROW, "params" },
    { "bytes_in", COLUMN_ROW, "bytes_in" },
    { "bytes_out", COLUMN_ROW, "bytes_out" },
    { "n", COLUMN_NUMBER, "n_epochs" },
    { "median_ns", COLUMN_NUMBER, "median_ns" },
    { "ci95_lo_ns", COLUMN_NUMBER, "ci95_lo_ns" },
    { "ci95_hi_ns", COLUMN_NUMBER, "ci95_hi_ns" },
    { "min_ns", COLUMN_NUMBER, "min_ns" },
    { "p90_ns", COLUMN_NUMBER, "p90_ns" },
    { "p99_ns", COLUMN_NUMBER, "p99_ns" },
    { "mad_ns", COLUMN_NUMBER, "mad_ns" },
    { "first_ns", COLUMN_NUMBER, "first_ns" },
    { "energy_gross_nj", COLUMN_ENERGY, "gross_nj" },
    { "energy_net_nj", COLUMN_ENERGY, "net_nj" },
    { "energy_err_nj", COLUMN_ENERGY, "err_nj" },
    { "energy_method", COLUMN_ENERGY, "method" },
    { "counters", COLUMN_NUMBER, "counters" },
    { "flags", COLUMN_ROW, "flags" },
    { "grade", COLUMN_ROW, "grade" },
    { "min_grade", COLUMN_GRADE, NULL },
    { "omitted", COLUMN_OMITTED, NULL },
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

/* Quote where RFC 4180 asks for it; a leading sign that a spreadsheet would
 * run as a formula gets an apostrophe. */
static enum status
add_text(struct buf *out, const char *s, struct err *err)
{
    enum status st;

    if (s[0] != '\0' && strchr("=+-@\t\r", s[0]) != NULL &&
        (st = buf_addstr(out, "'", err)) != ST_OK)
        return st;
    if (strpbrk(s, ",\"\r\n") == NULL)
        return buf_addstr(out, s, err);
    if ((st = buf_addstr(out, "\"", err)) != ST_OK)
        return st;
    for (; *s != '\0'; s++)
        if ((st = buf_addf(out, err, "%s%c", *s == '"' ? "\"" : "", *s)) !=
            ST_OK)
            return st;
    return buf_addstr(out, "\"", err);
}

/* A list of words as "a b", anything else that is nested as JSON. */
static enum status
add_nested(struct buf *out, const json_t *v, struct err *err)
{
    char *text;
    enum status st;
    struct buf words;
    const json_t *w;
    size_t i;

    if (json_is_array(v) &&
        (json_array_size(v) == 0 || json_is_string(json_array_get(v, 0)))) {
        buf_init(&words, EXPORT_MAX_BYTES);
        st = ST_OK;
        json_array_foreach(v, i, w)
        {
            if (st == ST_OK)
                st = buf_addf(
                    &words, err, "%s%s", i ? " " : "", json_string_value(w));
        }
        if (st == ST_OK && words.data != NULL)
            st = add_text(out, words.data, err);
        buf_clear(&words);
        return st;
    }
    if ((text = json_dumps(v, JSON_COMPACT | JSON_REAL_PRECISION(15))) == NULL)
        return err_nomem(err);
    st = add_text(out, text, err);
    free(text);
    return st;
}

static enum status
add_value(struct buf *out, const json_t *v, struct err *err)
{
    if (v == NULL || json_is_null(v))
        return ST_OK; /* missing is empty */
    if (json_is_string(v))
        return add_text(out, json_string_value(v), err);
    if (json_is_integer(v))
        return buf_addf(out, err, "%lld", (long long)json_integer_value(v));
    if (json_is_real(v))
        return buf_addf(out, err, "%.15g", json_real_value(v));
    return add_nested(out, v, err);
}

static enum status
add_cell(struct buf *out, const struct export_input *in, const json_t *row,
    bool omitted, const struct column *c, struct err *err)
{
    switch (c->kind) {
    case COLUMN_PROFILE:
        return add_value(out, json_object_get(in->profile, c->member), err);
    case COLUMN_ROW:
        return add_value(out, json_object_get(row, c->member), err);
    case COLUMN_NUMBER:
        return omitted ? ST_OK
                       : add_value(out, json_object_get(row, c->member), err);
    case COLUMN_ENERGY:
        row = json_object_get(row, "energy");
        return omitted ? ST_OK
                       : add_value(out, json_object_get(row, c->member), err);
    case COLUMN_GRADE:
        return buf_addstr(out, in->min_grade, err);
    case COLUMN_OMITTED:
        return buf_addstr(out, omitted ? "1" : "0", err);
    }
    return ST_OK;
}

static enum status
add_lines(struct buf *out, const struct export_input *in, const json_t *rows,
    bool omitted, struct err *err)
{
    enum status st;
    const json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        if (strcmp(export_text(row, "role"), "layer") != 0)
            continue;
        for (size_t c = 0; c < COLUMNS; c++)
            if ((c > 0 && (st = buf_addstr(out, ",", err)) != ST_OK) ||
                (st = add_cell(out, in, row, omitted, &columns[c], err)) !=
                    ST_OK)
                return st;
        if ((st = buf_addstr(out, "\r\n", err)) != ST_OK)
            return st;
    }
    return ST_OK;
}

enum status
export_csv(const struct export_input *in, struct buf *out, struct err *err)
{
    enum status st;

    for (size_t c = 0; c < COLUMNS; c++)
        if ((st = buf_addf(out, err, "%s%s", c ? "," : "", columns[c].name)) !=
            ST_OK)
            return st;
    if ((st = buf_addstr(out, "\r\n", err)) != ST_OK ||
        (st = add_lines(out, in, in->rows, false, err)) != ST_OK)
        return st;
    return add_lines(out, in, in->omitted, true, err);
}
