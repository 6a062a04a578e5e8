/* SPDX-License-Identifier: MIT */
#include "search/worker/feeder.h"

#include <stdlib.h>
#include <string.h>

#include "search/model/cut.h"
#include "search/model/shape.h"
#include "search/worker/float_net.h"

struct feeder {
    struct float_net net; /* owned */
    size_t *at; /* owned: of each tensor asked for, its place in the outputs */
};

/* ---- the part of the network that makes them ---- */

static int
find_value(const struct graph *g, const char *name)
{
    int v = 0;

    while (v < g->n_values && strcmp(g->values[v].name, name) != 0)
        v++;
    return v < g->n_values ? v : -1;
}

static enum status
cut_before(struct graph *g, const int *values, int n, uint8_t **onnx,
    size_t *len, struct err *err)
{
    int *nodes = malloc(((size_t)g->n_nodes + 1) * sizeof(*nodes)), n_nodes = 0;
    struct region r = { 0 };
    enum status st = nodes ? ST_OK : err_nomem(err);

    if (st == ST_OK)
        st = region_before(g, values, n, nodes, &n_nodes, err);
    if (st == ST_OK)
        st = region_build(&r, g, nodes, n_nodes, values, n, err);
    if (st == ST_OK)
        st = cut_write(g, &r, onnx, len, err);
    region_clear(&r);
    free(nodes);
    return st;
}

static enum status
find_values(const struct graph *g, const char *const *names, size_t n,
    int **out, struct err *err)
{
    *out = malloc((n + 1) * sizeof(**out));
    if (*out == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < n; i++)
        if (((*out)[i] = find_value(g, names[i])) < 0)
            return err_set(err, ST_UNPROCESSABLE, "model.exit",
                "the network has no tensor %.100s", names[i]);
    return ST_OK;
}

static enum status
write_part(const void *data, size_t data_len, const char *const *names,
    size_t n, uint8_t **onnx, size_t *len, struct err *err)
{
    Onnx__ModelProto *m = NULL;
    struct graph *g = NULL;
    int *values = NULL;
    bool changed;
    enum status st;

    if ((st = onnx_read(data, data_len, &m, NULL, err)) == ST_OK &&
        (st = graph_build(&g, m, err)) == ST_OK &&
        (st = shape_fix_inputs(g, NULL, err)) == ST_OK &&
        (st = graph_fold(g, &changed, err)) == ST_OK &&
        (st = find_values(g, names, n, &values, err)) == ST_OK)
        st = cut_before(g, values, (int)n, onnx, len, err);
    free(values);
    graph_free(g);
    onnx_free(m);
    return st;
}

/* ---- running it ---- */

enum status
feeder_open(struct feeder **out, const void *onnx, size_t len,
    const char *const *tensors, size_t n, struct err *err)
{
    struct feeder *f = calloc(1, sizeof(*f));
    uint8_t *part = NULL;
    size_t part_len = 0;
    enum status st = f ? ST_OK : err_nomem(err);

    *out = NULL;
    if (st == ST_OK)
        st = write_part(onnx, len, tensors, n, &part, &part_len, err);
    if (st == ST_OK)
        st = float_net_open(&f->net,
            &(struct net_source){ .data = part, .len = part_len }, err);
    free(part);
    if (st == ST_OK && (f->at = calloc(n + 1, sizeof(*f->at))) == NULL)
        st = err_nomem(err);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = float_net_output(&f->net, tensors[i], &f->at[i], err);
    if (st != ST_OK) {
        feeder_close(f);
        return st;
    }
    *out = f;
    return ST_OK;
}

void
feeder_close(struct feeder *f)
{
    if (f == NULL)
        return;
    float_net_close(&f->net);
    free(f->at);
    free(f);
}

enum status
feeder_run(struct feeder *f, const float *input, size_t n, struct err *err)
{
    struct tensor *to = &f->net.input;

    if (to->bytes != n * sizeof(float))
        return err_set(err, ST_UNPROCESSABLE, "dataset.shape",
            "a row has %zu values, the network's input %zu", n,
            to->bytes / sizeof(float));
    memcpy(to->data, input, to->bytes);
    return float_net_run(&f->net, err);
}

const float *
feeder_value(const struct feeder *f, size_t i, size_t *n)
{
    const struct tensor *t = &f->net.outputs[f->at[i]];

    if (n != NULL)
        *n = t->bytes / sizeof(float);
    return t->data;
}
