/* SPDX-License-Identifier: MIT */
#include "search/data/graph.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GRAPH_BYTES_MAX = 1 << 26 };

#define BAD(err, ...) err_set(err, ST_INVALID, "partition.graph", __VA_ARGS__)

static enum status
count_reads(const json_t *layers, size_t *n, struct err *err)
{
    const json_t *layer;
    size_t i;

    *n = 0;
    json_array_foreach(layers, i, layer) *n +=
        json_array_size(json_object_get(layer, "reads"));
    if (json_array_size(layers) < 1 ||
        json_array_size(layers) > DAG_LAYERS_MAX || *n > DAG_READS_MAX)
        return BAD(err,
            "%zu layers with %zu reads: a graph has 1 to %d layers and at most "
            "%d reads",
            json_array_size(layers), *n, DAG_LAYERS_MAX, DAG_READS_MAX);
    return ST_OK;
}

static enum status
make_room(struct graph *g, size_t n, size_t reads, struct err *err)
{
    g->name = calloc(n, sizeof(*g->name));
    g->time_ps = malloc(n * sizeof(*g->time_ps));
    g->bytes = malloc(n * sizeof(*g->bytes));
    g->reads = malloc((reads + n) * sizeof(*g->reads));
    g->first_read = malloc((n + 1) * sizeof(*g->first_read));
    if (!g->name || !g->time_ps || !g->bytes || !g->reads || !g->first_read)
        return err_nomem(err);
    g->n = n;
    return ST_OK;
}

/* What a layer reads; the network's input where that is nothing. */
static enum status
read_reads(struct graph *g, size_t i, const json_t *reads, const char *path,
    struct err *err)
{
    int32_t *to = g->reads + g->first_read[i];
    size_t n = json_array_size(reads);

    for (size_t k = 0; k < n; k++) {
        const json_t *v = json_array_get(reads, k);
        json_int_t from = json_integer_value(v);

        if (!json_is_integer(v) || from < 0 || from >= (json_int_t)i)
            return BAD(err,
                "%s.reads[%zu] must be the number of a layer before this one",
                path, k);
        to[k] = (int32_t)from;
    }
    if (n == 0)
        to[n++] = DAG_INPUT;
    g->first_read[i + 1] = g->first_read[i] + n;
    return ST_OK;
}

static enum status
read_layer(struct graph *g, size_t i, const json_t *doc, struct err *err)
{
    const char *name = NULL;
    double latency_ns = NAN;
    json_t *reads = NULL;
    const struct json_field fields[] = {
        { "name", JF_STR, true, &name, 0, 4096 },
        { "latency_ns", JF_REAL, true, &latency_ns, 0, 1e12 },
        { "bytes_out", JF_INT, true, &g->bytes[i], 0, 1e12 },
        { "reads", JF_ARR, true, &reads, 0, 0 },
    };
    char path[32];
    enum status st;

    snprintf(path, sizeof(path), "layers[%zu]", i);
    if ((st = JSON_READ(doc, path, fields, err)) != ST_OK)
        return st;
    g->time_ps[i] = llround(latency_ns * 1e3);
    if ((g->name[i] = strdup(name)) == NULL)
        return err_nomem(err);
    return read_reads(g, i, reads, path, err);
}

enum status
graph_read(const json_t *doc, struct graph *g, struct err *err)
{
    const char *schema = NULL, *device = NULL, *text = NULL;
    json_t *layers = NULL, *any = NULL;
    const struct json_field fields[] = {
        { "schema", JF_STR, true, &schema, 0, 64 },
        { "model", JF_STR, false, &text, 0, 4096 },
        { "device", JF_STR, true, &device, 0, 256 },
        { "level", JF_STR, false, &text, 0, 8 },
        { "input_bytes", JF_INT, true, &g->input_bytes, 0, 1e12 },
        { "layers", JF_ARR, true, &layers, 0, 0 },
        { "offramp", JF_ANY, false, &any, 0, 0 },
    };
    size_t reads;
    enum status st;

    *g = (struct graph){ 0 };
    if ((st = JSON_READ(doc, "", fields, err)) != ST_OK)
        return st;
    if (strcmp(schema, "offramp.graph/1") != 0)
        return BAD(err,
            "schema is '%s': give what `offramp export graph` "
            "writes (offramp.graph/1)",
            schema);
    if ((st = count_reads(layers, &reads, err)) != ST_OK)
        return st;
    if ((st = make_room(g, json_array_size(layers), reads, err)) == ST_OK &&
        (g->device = strdup(device)) == NULL)
        st = err_nomem(err);
    if (st == ST_OK)
        g->first_read[0] = 0;
    for (size_t i = 0; st == ST_OK && i < g->n; i++)
        st = read_layer(g, i, json_array_get(layers, i), err);
    if (st != ST_OK)
        graph_clear(g);
    return st;
}

enum status
graph_load(const char *path, struct graph *g, struct err *err)
{
    json_t *doc = NULL;
    enum status st = json_file_load(path, GRAPH_BYTES_MAX, &doc, err);

    *g = (struct graph){ 0 };
    if (st == ST_OK)
        st = graph_read(doc, g, err);
    json_decref(doc);
    return st;
}

void
graph_clear(struct graph *g)
{
    for (size_t i = 0; g->name != NULL && i < g->n; i++)
        free(g->name[i]);
    free(g->device);
    free(g->name);
    free(g->time_ps);
    free(g->bytes);
    free(g->reads);
    free(g->first_read);
    *g = (struct graph){ 0 };
}

enum status
graph_same(const struct graph *a, const struct graph *b, struct err *err)
{
    if (a->n != b->n)
        return err_set(err, ST_UNPROCESSABLE, "partition.graphs",
            "%s has %zu layers, %s has %zu: they are not of one network",
            a->device, a->n, b->device, b->n);
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->name[i], b->name[i]) != 0)
            return err_set(err, ST_UNPROCESSABLE, "partition.graphs",
                "layer %zu is '%.64s' on %s and '%.64s' on %s: they are not "
                "of one network",
                i, a->name[i], a->device, b->name[i], b->device);
    return ST_OK;
}

enum status
graph_link_ps(const struct graph_link *l, struct dag_link *out, struct err *err)
{
    if (!(l->bytes_per_s > 0) || l->bytes_per_s > 1e12)
        return err_set(err, ST_INVALID, "partition.link",
            "the rate is %g bytes/s: give more than 0 and at most 1e12 (a link "
            "without a rate carries nothing)",
            l->bytes_per_s);
    if (!(l->base_ms >= 0) || l->base_ms > 1e6)
        return err_set(err, ST_INVALID, "partition.link",
            "the base is %g ms: give 0 to 1e6", l->base_ms);
    *out = (struct dag_link){ llround(l->base_ms * 1e9),
        llround(1e12 / l->bytes_per_s) };
    return ST_OK;
}
