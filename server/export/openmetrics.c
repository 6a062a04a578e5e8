/* SPDX-License-Identifier: MIT */
/*
 * OpenMetrics of one profile: latency and energy of layers in seconds and
 * joules, and how well the table adds up.  Series are capped, for a time
 * series database keeps each for ever; what is cut off is counted.
 */
#include "server/export/layers.h"

#include <math.h>

enum { MAX_LAYERS = 1000 };

static enum status
add_text(struct buf *out, const char *s, struct err *err)
{
    enum status st = ST_OK;

    for (; *s != '\0' && st == ST_OK; s++) {
        if (*s == '\n')
            st = buf_addstr(out, "\\n", err);
        else if (*s == '"' || *s == '\\')
            st = buf_addf(out, err, "\\%c", *s);
        else
            st = buf_add(
                out, (unsigned char)*s < ' ' || *s == 127 ? " " : s, 1, err);
    }
    return st;
}

static const struct stat {
    const char *name, *member;
} stats[] = {
    { "median", "median_ns" },
    { "ci95_lo", "ci95_lo_ns" },
    { "ci95_hi", "ci95_hi_ns" },
};

/* {device="..",model="..",level="..": the labels that all have. */
static enum status
add_labels(const struct export_layers *l, struct buf *out, struct err *err)
{
    enum status st = buf_addstr(out, "{device=\"", err);

    if (st == ST_OK)
        st = add_text(out, export_text(l->in->profile, "device"), err);
    if (st == ST_OK)
        st = buf_addstr(out, "\",model=\"", err);
    if (st == ST_OK)
        st = add_text(out, export_model_name(l->in), err);
    return st == ST_OK ? buf_addf(out, err, "\",level=\"%s\",min_grade=\"%s\"",
                             l->level, l->in->min_grade)
                       : st;
}

static enum status
add_layer(const struct export_layers *l, const json_t *row, struct buf *out,
    struct err *err)
{
    enum status st = ST_OK;

    for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++) {
        double ns = export_number(row, stats[i].member);

        if (isnan(ns) || st != ST_OK)
            continue;
        st = buf_addstr(out, "offramp_layer_latency_seconds", err);
        if (st == ST_OK)
            st = add_labels(l, out, err);
        if (st == ST_OK)
            st = buf_addstr(out, ",layer=\"", err);
        if (st == ST_OK)
            st = add_text(out, export_text(row, "name"), err);
        if (st == ST_OK)
            st = buf_addf(
                out, err, "\",stat=\"%s\"} %.15g\n", stats[i].name, ns / 1e9);
    }
    return st;
}

static enum status
add_layers(const struct export_layers *l, struct buf *out, struct err *err)
{
    enum status st = buf_addstr(out,
        "# TYPE offramp_layer_latency_seconds gauge\n"
        "# UNIT offramp_layer_latency_seconds seconds\n"
        "# HELP offramp_layer_latency_seconds Latency of one layer.\n",
        err);
    json_t *row;
    size_t i;

    json_array_foreach(l->rows, i, row)
    {
        if (st == ST_OK && i < MAX_LAYERS)
            st = add_layer(l, row, out, err);
    }
    return st;
}

/* A gauge of the profile as a whole; nothing where it is not known. */
static enum status
add_gauge(const struct export_layers *l, const char *name, const char *help,
    double value, struct buf *out, struct err *err)
{
    enum status st;

    if (isnan(value))
        return ST_OK;
    st = buf_addf(
        out, err, "# TYPE %s gauge\n# HELP %s %s\n%s", name, name, help, name);
    if (st == ST_OK)
        st = add_labels(l, out, err);
    return st == ST_OK ? buf_addf(out, err, "} %.15g\n", value) : st;
}

enum status
export_openmetrics(
    const struct export_input *in, struct buf *out, struct err *err)
{
    const json_t *closure = json_object_get(in->profile, "closure");
    struct export_layers l;
    enum status st = export_layers_in_situ(&l, in, GAPS_LIST, err);
    double rows;

    if (st != ST_OK)
        return st;
    rows = (double)json_array_size(l.rows);
    if ((st = add_layers(&l, out, err)) == ST_OK)
        st = add_gauge(&l, "offramp_profile_closure_ratio",
            "Layers' sum against the whole network, relative.",
            export_number(
                closure, l.level[1] == '1' ? "closure_rel" : "closure_hot_rel"),
            out, err);
    if (st == ST_OK)
        st = add_gauge(&l, "offramp_profile_layers_omitted",
            "Layers below the grade, not measured, or beyond the cap.",
            (double)json_array_size(l.gaps) +
                (rows > MAX_LAYERS ? rows - MAX_LAYERS : 0),
            out, err);
    export_layers_clear(&l);
    return st == ST_OK ? buf_addstr(out, "# EOF\n", err) : st;
}
