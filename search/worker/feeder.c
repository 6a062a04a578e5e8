/* SPDX-License-Identifier: MIT */
#include "search/worker/feeder.h"

#include <stdlib.h>
#include <string.h>

#include "probes/runtimes/runtime.h"
#include "search/model/cut.h"
#include "search/model/shape.h"

struct feeder {
    struct runtime *rt; /* owned, as is all else */
    struct net *net;
    struct binding *binding;
    struct tensor input, *outputs;
    size_t *at; /* of each tensor asked for, its place among the outputs */
    size_t n_outputs;
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

static enum status
tie(struct tensor *t, const struct tensor_info *info, struct err *err)
{
    int64_t n = tensor_elements(info);

    if (n <= 0 || info->dtype != DTYPE_F4)
        return err_set(err, ST_UNPROCESSABLE, "model.tensor_type",
            "%s is %s of %s shape; a board is given float32 of fixed shape",
            info->name, dtype_name(info->dtype), n > 0 ? "fixed" : "open");
    *t = (struct tensor){ .dtype = info->dtype, .rank = info->rank };
    memcpy(t->dims, info->dims, sizeof(t->dims));
    t->bytes = (size_t)n * sizeof(float);
    t->data = calloc((size_t)n, sizeof(float));
    return t->data ? ST_OK : err_nomem(err);
}

static enum status
bind_all(struct feeder *f, const char *const *names, size_t n, struct err *err)
{
    size_t n_in, n_out;
    const struct tensor_info *in = net_inputs(f->net, &n_in);
    const struct tensor_info *out = net_outputs(f->net, &n_out);
    enum status st;

    f->outputs = calloc(n_out + 1, sizeof(*f->outputs));
    f->at = calloc(n + 1, sizeof(*f->at));
    if (f->outputs == NULL || f->at == NULL)
        return err_nomem(err);
    f->n_outputs = n_out;
    if (n_in != 1)
        return err_set(err, ST_UNPROCESSABLE, "model.inputs",
            "what boards lack has %zu inputs; it may have one", n_in);
    if ((st = tie(&f->input, &in[0], err)) != ST_OK)
        return st;
    for (size_t i = 0; i < n_out; i++)
        if ((st = tie(&f->outputs[i], &out[i], err)) != ST_OK)
            return st;
    for (size_t i = 0; i < n; i++) {
        while (f->at[i] < n_out && strcmp(out[f->at[i]].name, names[i]) != 0)
            f->at[i]++;
        if (f->at[i] == n_out)
            return err_set(err, ST_UNPROCESSABLE, "model.exit",
                "the network does not make %.100s", names[i]);
    }
    return net_bind(&f->binding, f->net, &f->input, f->outputs, err);
}

enum status
feeder_open(struct feeder **out, const void *onnx, size_t len,
    const char *const *tensors, size_t n, struct err *err)
{
    const struct net_options options = NET_OPTIONS_DEFAULT;
    struct feeder *f = calloc(1, sizeof(*f));
    uint8_t *part = NULL;
    size_t part_len = 0;
    enum status st = f ? ST_OK : err_nomem(err);

    *out = NULL;
    if (st == ST_OK)
        st = write_part(onnx, len, tensors, n, &part, &part_len, err);
    if (st == ST_OK)
        st = runtime_onnx_open(&f->rt, NULL, err);
    if (st == ST_OK)
        st = net_open(&f->net, f->rt,
            &(struct net_source){ .data = part, .len = part_len }, &options,
            err);
    free(part);
    if (st == ST_OK)
        st = bind_all(f, tensors, n, err);
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
    binding_free(f->binding);
    net_close(f->net);
    if (f->rt != NULL)
        runtime_close(f->rt);
    for (size_t i = 0; f->outputs != NULL && i < f->n_outputs; i++)
        free(f->outputs[i].data);
    free(f->outputs);
    free(f->input.data);
    free(f->at);
    free(f);
}

enum status
feeder_run(struct feeder *f, const float *input, size_t n, struct err *err)
{
    if (f->input.bytes != n * sizeof(float))
        return err_set(err, ST_UNPROCESSABLE, "dataset.shape",
            "a row has %zu values, the network's input %zu", n,
            f->input.bytes / sizeof(float));
    memcpy(f->input.data, input, f->input.bytes);
    return net_run(f->net, f->binding, err);
}

const float *
feeder_value(const struct feeder *f, size_t i, size_t *n)
{
    const struct tensor *t = &f->outputs[f->at[i]];

    if (n != NULL)
        *n = t->bytes / sizeof(float);
    return t->data;
}
