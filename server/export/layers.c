/* SPDX-License-Identifier: MIT */
#include "server/export/layers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"

enum { NAMED_GAPS = 3 };

/* Is the row this level's number of a layer? */
static bool
is_measured(const json_t *row, const char *level)
{
    return export_is(row, level, "layer") &&
           !isnan(export_number(row, "median_ns"));
}

static size_t
count(const json_t *rows, const char *level)
{
    const json_t *row;
    size_t i, n = 0;

    json_array_foreach(rows, i, row)
    {
        n += is_measured(row, level);
    }
    return n;
}

static int
take_rows(struct export_layers *l)
{
    json_t *row;
    int rc = 0;
    size_t i;

    json_array_foreach(l->in->rows, i, row)
    {
        if (!is_measured(row, l->level))
            continue;
        l->total_ns += export_number(row, "median_ns");
        rc |= json_array_append(l->rows, row);
    }
    return rc;
}

static int
find_gaps(struct export_layers *l)
{
    const json_t *layers =
        json_object_get(json_object_get(l->in->model, "analysis"), "layers");
    size_t n = json_array_size(layers);
    const json_t **have = export_by_index(l->rows, l->level, "layer", n);
    const json_t **low = export_by_index(l->in->omitted, l->level, "layer", n);
    int rc = have == NULL || low == NULL;

    for (size_t i = 0; rc == 0 && i < n; i++)
        if (have[i] == NULL)
            rc = json_array_append_new(l->gaps,
                json_pack("{s:I,s:s,s:s?}", "index", (json_int_t)i, "name",
                    export_text(json_array_get(layers, i), "name"), "grade",
                    low[i] ? export_text(low[i], "grade") : NULL));
    free(have);
    free(low);
    return rc;
}

static enum status
refuse(const struct export_layers *l, struct err *err)
{
    size_t n = json_array_size(l->gaps);
    struct buf names;
    json_t *gap;
    size_t i;

    if (export_is_counted(l->in))
        return export_refuse_counted(l->in, err);
    buf_init(&names, 400);
    json_array_foreach(l->gaps, i, gap)
    {
        if (i < NAMED_GAPS &&
            buf_addf(&names, NULL, "%s%.80s (%s)", i > 0 ? ", " : "",
                export_text(gap, "name"),
                export_text(gap, "grade")[0] ? export_text(gap, "grade")
                                             : "not measured") != ST_OK)
            break;
    }
    err_set(err, ST_UNPROCESSABLE, "export.incomplete",
        "%zu layers have no %s row of grade %s or better: %s%s; ask for a "
        "lower min_grade, or measure again with level %s",
        n, l->level, l->in->min_grade, names.data ? names.data : "",
        n > NAMED_GAPS ? ", .." : "", l->level);
    buf_clear(&names);
    return ST_UNPROCESSABLE;
}

static enum status
collect(struct export_layers *l, const struct export_input *in,
    const char *level, enum export_gaps gaps, struct err *err)
{
    enum status st = ST_OK;

    *l = (struct export_layers){ .in = in,
        .level = level,
        .statistic = "median",
        .rows = json_array(),
        .gaps = json_array() };
    if (l->rows == NULL || l->gaps == NULL || take_rows(l) != 0 ||
        find_gaps(l) != 0)
        st = err_nomem(err);
    else if (json_array_size(l->rows) == 0 ||
             (gaps == GAPS_REFUSE && json_array_size(l->gaps) > 0))
        st = refuse(l, err);
    if (st != ST_OK)
        export_layers_clear(l);
    return st;
}

enum status
export_layers_in_situ(struct export_layers *l, const struct export_input *in,
    enum export_gaps gaps, struct err *err)
{
    size_t l1 = count(in->rows, "L1");
    const char *level = l1 > 0 && l1 >= count(in->rows, "L2") ? "L1" : "L2";

    return collect(l, in, level, gaps, err);
}

enum status
export_layers_alone(struct export_layers *l, const struct export_input *in,
    enum export_gaps gaps, struct err *err)
{
    return collect(l, in, "L2", gaps, err);
}

void
export_layers_clear(struct export_layers *l)
{
    json_decref(l->rows);
    json_decref(l->gaps);
    memset(l, 0, sizeof(*l));
}

json_t *
export_meta(const struct export_layers *l)
{
    const json_t *p = l->in->profile;

    return json_pack("{s:s,s:s,s:s,s:s,s:O,s:s,s:s,s:s,s:O,s:O}", "generator",
        "offramp " OFFRAMP_VERSION, "device", export_text(p, "device"), "model",
        export_text(p, "model"), "model_name", export_text(p, "model_name"),
        "profile", json_object_get(p, "id"), "level", l->level, "statistic",
        l->statistic, "min_grade", l->in->min_grade, "grade",
        json_object_get(p, "grade"), "omitted", l->gaps);
}

json_t *
export_map(const struct export_layers *l,
    json_t *(*item)(const struct export_layers *l, const json_t *row))
{
    json_t *list = json_array();
    const json_t *row;
    size_t i;
    int rc = 0;

    json_array_foreach(l->rows, i, row)
    {
        rc |= json_array_append_new(list, item(l, row));
    }
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

const char *
export_word(const json_t *o, const char *member, char out[EXPORT_WORD])
{
    snprintf(out, EXPORT_WORD, "%s", export_text(o, member));
    for (char *c = out; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = ' ';
    return out;
}

enum status
export_line_text(struct buf *out, const char *s, struct err *err)
{
    enum status st = ST_OK;

    for (; *s != '\0' && st == ST_OK; s++)
        st = buf_add(
            out, (unsigned char)*s < ' ' || *s == 127 ? " " : s, 1, err);
    return st;
}

/* One gap as "3 /conv/Conv (C)". */
static enum status
gap_line(
    const json_t *gap, const char *prefix, struct buf *out, struct err *err)
{
    const char *grade = export_text(gap, "grade");
    enum status st = buf_addf(out, err, "%somitted: %lld ", prefix,
        (long long)json_integer_value(json_object_get(gap, "index")));

    if (st == ST_OK)
        st = export_line_text(out, export_text(gap, "name"), err);
    return st != ST_OK ? st
                       : buf_addf(out, err, " (%s)\n",
                             grade[0] ? grade : "not measured");
}

enum status
export_comment(const struct export_layers *l, const char *prefix,
    struct buf *out, struct err *err)
{
    json_t *meta = export_meta(l), *v;
    enum status st = meta ? ST_OK : err_nomem(err);
    const char *name;
    size_t i;

    json_object_foreach(meta, name, v)
    {
        if (st != ST_OK || json_is_array(v))
            continue;
        if ((st = buf_addf(out, err, "%s%s: ", prefix, name)) == ST_OK)
            st = json_is_integer(v)
                     ? buf_addf(
                           out, err, "%lld", (long long)json_integer_value(v))
                     : export_line_text(out, export_text(meta, name), err);
        if (st == ST_OK)
            st = buf_addstr(out, "\n", err);
    }
    json_decref(meta);
    json_array_foreach(l->gaps, i, v)
    {
        if (st == ST_OK)
            st = gap_line(v, prefix, out, err);
    }
    return st;
}

json_t *
export_edges(
    const struct export_input *in, json_t *(*item)(int64_t from, int64_t to))
{
    const json_t *layers =
        json_object_get(json_object_get(in->model, "analysis"), "layers");
    json_t *list = json_array();
    const json_t *layer, *from;
    size_t i, k;
    int rc = 0;

    json_array_foreach(layers, i, layer)
    {
        json_array_foreach(json_object_get(layer, "reads"), k, from)
        {
            rc |= json_array_append_new(
                list, item(json_integer_value(from), (int64_t)i));
        }
    }
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

json_t *
export_scaled(const json_t *row, const char *member, double unit)
{
    return json_number_or_null(export_number(row, member) / unit);
}

int64_t
export_dim(const json_t *row, const char *shapes, size_t k)
{
    const json_t *shape = json_array_get(json_object_get(row, shapes), 0);

    return json_integer_value(json_array_get(shape, k));
}

int64_t
export_setting(const json_t *row, const char *name, size_t k, int64_t fallback)
{
    const json_t *list =
        json_object_get(json_object_get(row, "attributes"), name);

    return k < json_array_size(list)
               ? json_integer_value(json_array_get(list, k))
               : fallback;
}

const char *
export_model_name(const struct export_input *in)
{
    const char *name = export_text(in->profile, "model_name");

    return name[0] ? name : export_text(in->profile, "model");
}
