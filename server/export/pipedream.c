/* SPDX-License-Identifier: MIT */
/*
 * PipeDream's profile graph: a line a node (times in ms, sizes in bytes), and
 * after a tab a line an edge.  There is no comment, so the network's input
 * says in its description what the document states.
 */
#include "server/export/layers.h"

#include <math.h>
#include <string.h>

/* The description ends at " -- ". */
static enum status
add_description(struct buf *out, const char *s, struct err *err)
{
    enum status st = ST_OK;

    for (; *s != '\0' && st == ST_OK; s++) {
        bool dashes = strncmp(s, "--", 2) == 0;
        char one[2] = { dashes ? '_' : *s, '\0' };

        st = export_line_text(out, one, err);
    }
    return st;
}

static enum status
add_node(int64_t id, const char *kind, const char *name, double ms,
    const double bytes[2], struct buf *out, struct err *err)
{
    enum status st = buf_addf(out, err, "node%lld -- ", (long long)id + 1);

    if (st == ST_OK)
        st = add_description(out, kind, err);
    if (st == ST_OK)
        st = buf_addstr(out, "(", err);
    if (st == ST_OK)
        st = add_description(out, name, err);
    return st != ST_OK
               ? st
               : buf_addf(out, err,
                     ") -- forward_compute_time=%.6f, "
                     "backward_compute_time=0.000, activation_size=%.1f, "
                     "parameter_size=%.1f\n",
                     ms, isnan(bytes[0]) ? 0 : bytes[0],
                     isnan(bytes[1]) ? 0 : bytes[1]);
}

/* The network's input: node 0, which takes no time. */
static enum status
add_input(const struct export_layers *l, struct buf *out, struct err *err)
{
    const json_t *p = l->in->profile;
    struct buf text;
    enum status st;

    buf_init(&text, 1 << 16);
    st = buf_addf(&text, err,
        "device %s, level %s, statistic %s, min_grade %s, profile %lld",
        export_text(p, "device"), l->level, l->statistic, l->in->min_grade,
        (long long)json_integer_value(json_object_get(p, "id")));
    if (st == ST_OK)
        st = add_node(
            -1, "Input", text.data, 0, (const double[]){ 0, 0 }, out, err);
    buf_clear(&text);
    return st;
}

static enum status
add_nodes(const struct export_layers *l, struct buf *out, struct err *err)
{
    enum status st = add_input(l, out, err);
    json_t *row;
    size_t i;

    json_array_foreach(l->rows, i, row)
    {
        const double bytes[] = { export_number(row, "bytes_out"),
            export_number(row, "weight_bytes") };

        if (st == ST_OK)
            st = add_node(json_integer_value(json_object_get(row, "index")),
                export_text(row, "fusion_group"), export_text(row, "name"),
                export_number(row, "median_ns") / 1e6, bytes, out, err);
    }
    return st;
}

static json_t *
edge(int64_t from, int64_t to)
{
    return json_sprintf(
        "\tnode%lld -- node%lld\n", (long long)from + 1, (long long)to + 1);
}

/* Layers that read no other read the network's input. */
static enum status
add_input_edges(const struct export_input *in, struct buf *out, struct err *err)
{
    const json_t *layers =
        json_object_get(json_object_get(in->model, "analysis"), "layers");
    const json_t *layer;
    enum status st = ST_OK;
    size_t i;

    json_array_foreach(layers, i, layer)
    {
        if (st == ST_OK &&
            json_array_size(json_object_get(layer, "reads")) == 0)
            st = buf_addf(out, err, "\tnode0 -- node%zu\n", i + 1);
    }
    return st;
}

enum status
export_pipedream(
    const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_alone(&l, in, GAPS_REFUSE, err);
    json_t *edges, *line;
    size_t i;

    if (st != ST_OK)
        return st;
    edges = export_edges(in, edge);
    st = edges ? add_nodes(&l, out, err) : err_nomem(err);
    if (st == ST_OK)
        st = add_input_edges(in, out, err);
    json_array_foreach(edges, i, line)
    {
        if (st == ST_OK)
            st = buf_addstr(out, json_string_value(line), err);
    }
    json_decref(edges);
    export_layers_clear(&l);
    return st;
}
