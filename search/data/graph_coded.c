/* SPDX-License-Identifier: MIT */
#include "search/data/graph_coded.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BAD(err, ...) err_set(err, ST_INVALID, "partition.codings", __VA_ARGS__)

static double
median(const json_t *way, const char *member)
{
    const json_t *v = json_array_get(json_object_get(way, member), 0);

    return json_is_number(v) ? json_number_value(v) : NAN;
}

static enum status
way_index(struct graph_coded *c, const char *name, size_t *way, struct err *err)
{
    *way = 0;
    while (*way < c->ways && strcmp(c->name[*way], name) != 0)
        ++*way;
    if (*way == GRAPH_CODED_MAX)
        return BAD(err, "more than %d ways of coding", GRAPH_CODED_MAX);
    if (*way == c->ways)
        c->name[c->ways++] = name;
    return ST_OK;
}

static enum status
add_way(struct graph_coded *c, size_t edge, const json_t *way,
    double max_disagree, struct err *err)
{
    struct graph_coded_row *row = &c->row[c->n];
    const char *name = json_get_string(way, "name", NULL);
    enum status st;

    *row = (struct graph_coded_row){ .edge = edge,
        .cost = { median(way, "share"), median(way, "encode_ns"),
            median(way, "decode_ns") },
        .agree = json_get_number(way, "agree") };
    if (name == NULL || !(row->cost.ratio > 0 && row->cost.encode_ns >= 0 &&
                            row->cost.decode_ns >= 0))
        return BAD(err,
            "edge behind layer %zu: a way has a name, a share above 0 and "
            "times",
            edge);
    if ((st = way_index(c, name, &row->way, err)) != ST_OK)
        return st;
    if (json_is_true(json_object_get(way, "lossless")) ||
        row->agree >= 1 - max_disagree - 1e-12)
        c->n++;
    return ST_OK;
}

enum status
graph_coded_read(const json_t *doc, double max_disagree, struct graph_coded *c,
    struct err *err)
{
    const json_t *edges = json_object_get(doc, "edges"), *e, *way;
    enum status st = ST_OK;
    size_t i, k;

    *c = (struct graph_coded){ 0 };
    c->row =
        calloc(json_array_size(edges) * GRAPH_CODED_MAX + 1, sizeof(*c->row));
    if (c->row == NULL)
        return err_nomem(err);
    json_array_foreach(edges, i, e)
    {
        const json_t *ways = json_object_get(e, "ways");
        double after = json_get_number(e, "after_layer");

        if (st == ST_OK && (!(after >= 0) || after >= DAG_LAYERS_MAX ||
                               json_array_size(ways) > GRAPH_CODED_MAX))
            st = BAD(err, "edges[%zu] needs after_layer and at most %d ways", i,
                GRAPH_CODED_MAX);
        json_array_foreach(ways, k, way)
        {
            if (st == ST_OK)
                st = add_way(c, (size_t)after, way, max_disagree, err);
        }
    }
    if (st != ST_OK)
        graph_coded_clear(c);
    return st;
}

void
graph_coded_clear(struct graph_coded *c)
{
    free(c->row);
    *c = (struct graph_coded){ 0 };
}
