/* SPDX-License-Identifier: MIT */
/*
 * OpenMetrics of one profile: latency and energy of layers in seconds and
 * joules, the layers left out with their grades, and how well the table adds
 * up.  Series are capped, for a time series database keeps each for ever; what
 * is cut off is counted.
 */
#include "server/export/layers.h"

#include <math.h>

#include "server/label.h"

enum { MAX_LAYERS = 1000 };

enum { STATS = 3 };

/* Numbers of a row, or of its member `of`, in units of 1e-9. */
struct family {
    const char *name, *of, *label;
    struct {
        const char *name, *member;
    } stats[STATS];
};

static const struct family latency = { "offramp_layer_latency_seconds", NULL,
    "stat",
    { { "median", "median_ns" }, { "ci95_lo", "ci95_lo_ns" },
        { "ci95_hi", "ci95_hi_ns" } } };

static const struct family energy = { "offramp_layer_energy_joules", "energy",
    "kind",
    { { "gross", "gross_nj" }, { "net", "net_nj" }, { "err", "err_nj" } } };

/* {device="..",model="..",level="..": the labels that all have. */
static enum status
add_labels(const struct export_layers *l, const char *level, struct buf *out,
    struct err *err)
{
    enum status st = buf_addstr(out, "{device=\"", err);

    if (st == ST_OK)
        st = label_add(out, export_text(l->in->profile, "device"), err);
    if (st == ST_OK)
        st = buf_addstr(out, "\",model=\"", err);
    if (st == ST_OK)
        st = label_add(out, export_model_name(l->in), err);
    return st == ST_OK ? buf_addf(out, err, "\",level=\"%s\",min_grade=\"%s\"",
                             level, l->in->min_grade)
                       : st;
}

/* One number of a layer: its family, and its last label. */
struct sample {
    const char *family, *level, *label, *text;
    double value;
};

static enum status
add_sample(const struct export_layers *l, const json_t *layer,
    const struct sample *s, struct buf *out, struct err *err)
{
    enum status st = buf_addstr(out, s->family, err);

    if (st == ST_OK)
        st = add_labels(l, s->level, out, err);
    if (st == ST_OK)
        st = buf_addstr(out, ",layer=\"", err);
    if (st == ST_OK)
        st = label_add(out, export_text(layer, "name"), err);
    /* The index too: nodes of one name must not be one series. */
    return st != ST_OK
               ? st
               : buf_addf(out, err, "\",index=\"%lld\",%s=\"%s\"} %.15g\n",
                     (long long)json_integer_value(
                         json_object_get(layer, "index")),
                     s->label, s->text, s->value);
}

/* What is known of a row's latency, or of its energy. */
static enum status
add_layer(const struct export_layers *l, const json_t *row,
    const struct family *f, struct buf *out, struct err *err)
{
    const json_t *from = f->of ? json_object_get(row, f->of) : row;
    enum status st = ST_OK;

    for (size_t i = 0; i < STATS && st == ST_OK; i++) {
        double v = export_number(from, f->stats[i].member);
        struct sample s = { f->name, export_text(row, "level"), f->label,
            f->stats[i].name, v / 1e9 };

        if (!isnan(v))
            st = add_sample(l, row, &s, out, err);
    }
    return st;
}

static enum status
add_latencies(const struct export_layers *l, struct buf *out, struct err *err)
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
            st = add_layer(l, row, &latency, out, err);
    }
    return st;
}

/* No family at all where no meter was. */
static enum status
add_energies(const struct export_layers *l, struct buf *out, struct err *err)
{
    enum status st = ST_OK;
    size_t i, n = 0;
    json_t *row;

    json_array_foreach(l->in->rows, i, row)
    {
        if (st != ST_OK || n >= MAX_LAYERS || !export_is(row, "L5", "layer") ||
            !json_is_object(json_object_get(row, "energy")))
            continue;
        if (n++ == 0)
            st = buf_addstr(out,
                "# TYPE offramp_layer_energy_joules gauge\n"
                "# UNIT offramp_layer_energy_joules joules\n"
                "# HELP offramp_layer_energy_joules Energy of one layer, with "
                "and without idle power, and the bound of its error.\n",
                err);
        if (st == ST_OK)
            st = add_layer(l, row, &energy, out, err);
    }
    return st;
}

static enum status
add_omitted(const struct export_layers *l, struct buf *out, struct err *err)
{
    enum status st = ST_OK;
    json_t *gap;
    size_t i;

    json_array_foreach(l->gaps, i, gap)
    {
        const char *grade = export_text(gap, "grade");
        struct sample s = { "offramp_layer_omitted", l->level, "grade",
            grade[0] ? grade : "none", 1 };

        if (st == ST_OK && i == 0)
            st = buf_addstr(out,
                "# TYPE offramp_layer_omitted gauge\n"
                "# HELP offramp_layer_omitted Layers left out, by grade; none "
                "where it was not measured.\n",
                err);
        if (st == ST_OK && i < MAX_LAYERS)
            st = add_sample(l, gap, &s, out, err);
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
        st = add_labels(l, l->level, out, err);
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
    if ((st = add_latencies(&l, out, err)) == ST_OK &&
        (st = add_energies(&l, out, err)) == ST_OK &&
        (st = add_omitted(&l, out, err)) == ST_OK)
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
