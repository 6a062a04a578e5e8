/* SPDX-License-Identifier: MIT */
#include "search/worker/edge_cut.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "search/model/cut.h"
#include "search/worker/infer.h"

static enum status
infer(void *ctx, const void *model, size_t len, struct shape_sink *sink,
    struct err *err)
{
    return infer_shapes(ctx, model, len, sink, err);
}

static enum status
resolve(struct edge_net *n, struct err *err)
{
    enum status st;

    if ((st = graph_build(&n->g, n->proto, err)) != ST_OK ||
        (st = shape_fix_inputs(n->g, NULL, err)) != ST_OK ||
        (st = shape_infer(n->g, infer, n->rt, err)) != ST_OK ||
        (st = exits_find(&n->exits, n->g, err)) != ST_OK ||
        (st = layers_build(&n->layers, n->g, err)) != ST_OK ||
        (st = boundaries_find(&n->at, &n->n, &n->layers, n->g, err)) != ST_OK)
        return st;
    n->nodes = malloc(((size_t)n->g->n_nodes + 1) * sizeof(*n->nodes));
    return n->nodes ? ST_OK : err_nomem(err);
}

enum status
edge_net_open(
    struct edge_net *n, struct runtime *rt, const char *path, struct err *err)
{
    char *data = NULL;
    size_t len;
    enum status st;

    *n = (struct edge_net){ .rt = rt };
    if ((st = file_read(path, ONNX_MAX_BYTES, &data, &len, err)) == ST_OK &&
        (st = onnx_read(data, len, &n->proto, NULL, err)) == ST_OK)
        st = resolve(n, err);
    free(data);
    return st;
}

void
edge_net_close(struct edge_net *n)
{
    free(n->nodes);
    free(n->at);
    layers_clear(&n->layers);
    graph_free(n->g);
    onnx_free(n->proto);
    *n = (struct edge_net){ 0 };
}

/* Nodes as a network of their own, and what it takes and gives. */
static enum status
open_region(struct edge_net *n, const int *nodes, int n_nodes, const int *out,
    int n_out, struct net **net, struct err *err)
{
    const struct net_options options = NET_OPTIONS_DEFAULT;
    struct region r = { 0 };
    uint8_t *data = NULL;
    size_t len;
    enum status st = region_build(&r, n->g, nodes, n_nodes, out, n_out, err);

    if (st != ST_OK)
        return st;
    if (r.n_in == 1 && (st = cut_write(n->g, &r, &data, &len, err)) == ST_OK) {
        const struct net_source source = { .data = data, .len = len };

        st = net_open(net, n->rt, &source, &options, err);
    }
    free(data);
    region_clear(&r);
    return st;
}

static enum status
alloc_tensor(struct tensor *t, const struct tensor_info *info, struct err *err)
{
    int64_t n = tensor_elements(info);

    if (n <= 0 || info->dtype != DTYPE_F4)
        return err_set(err, ST_UNPROCESSABLE, "model.tensor_type",
            "%s is not of float32 and fixed shape", info->name);
    *t = (struct tensor){ .dtype = info->dtype, .rank = info->rank };
    memcpy(t->dims, info->dims, sizeof(t->dims));
    t->bytes = (size_t)n * sizeof(float);
    t->data = calloc((size_t)n, sizeof(float));
    return t->data ? ST_OK : err_nomem(err);
}

/* Has a net one input, and float32 of fixed shape everywhere? */
static bool
is_plain(const struct net *net, size_t outputs)
{
    size_t n_in, n_out;
    const struct tensor_info *in = net_inputs(net, &n_in);
    const struct tensor_info *out = net_outputs(net, &n_out);

    if (n_in != 1 || n_out != outputs || in[0].rank < 2 ||
        in[0].dtype != DTYPE_F4 || tensor_elements(&in[0]) <= 0)
        return false;
    for (size_t i = 0; i < n_out; i++)
        if (out[i].dtype != DTYPE_F4 || tensor_elements(&out[i]) <= 0)
            return false;
    return true;
}

static enum status
open_front(struct edge_cut *e, struct edge_net *n, int tensor, int answer,
    struct err *err)
{
    const int out[] = { tensor, answer };
    struct tensor both[2];
    size_t k;
    int m;
    enum status st = region_before(n->g, out, 2, n->nodes, &m, err);

    if (st != ST_OK ||
        (st = open_region(n, n->nodes, m, out, 2, &e->front, err)) != ST_OK ||
        e->front == NULL)
        return st;
    if (!is_plain(e->front, 2)) {
        net_close(e->front);
        e->front = NULL;
        return ST_OK;
    }
    if ((st = alloc_tensor(&e->input, net_inputs(e->front, &k), err)) !=
            ST_OK ||
        (st = alloc_tensor(&e->tensor, net_outputs(e->front, &k), err)) !=
            ST_OK ||
        (st = alloc_tensor(&e->output, net_outputs(e->front, &k) + 1, err)) !=
            ST_OK)
        return st;
    e->batch = (size_t)e->input.dims[0];
    e->classes = e->output.bytes / sizeof(float) / e->batch;
    both[0] = e->tensor;
    both[1] = e->output;
    return net_bind(&e->front_binding, e->front, &e->input, both, err);
}

/* What the answer depends on and the tensor does not. */
static enum status
nodes_behind(
    struct edge_net *n, int tensor, int answer, int *m, struct err *err)
{
    unsigned char *before = calloc((size_t)n->g->n_nodes + 1, 1);
    int k = 0;
    enum status st;

    if (before == NULL)
        return err_nomem(err);
    if ((st = region_before(n->g, &tensor, 1, n->nodes, &k, err)) == ST_OK) {
        for (int i = 0; i < k; i++)
            before[n->nodes[i]] = 1;
        st = region_before(n->g, &answer, 1, n->nodes, &k, err);
    }
    *m = 0;
    for (int i = 0; st == ST_OK && i < k; i++)
        if (!before[n->nodes[i]])
            n->nodes[(*m)++] = n->nodes[i];
    free(before);
    return st;
}

static enum status
open_tail(struct edge_cut *e, struct edge_net *n, int tensor, int answer,
    struct err *err)
{
    size_t k;
    int m = 0;
    enum status st = nodes_behind(n, tensor, answer, &m, err);

    if (st != ST_OK || m == 0 ||
        (st = open_region(n, n->nodes, m, &answer, 1, &e->tail, err)) !=
            ST_OK ||
        e->tail == NULL)
        return st;
    if (!is_plain(e->tail, 1) ||
        strcmp(net_inputs(e->tail, &k)->name, e->name) != 0) {
        net_close(e->tail);
        e->tail = NULL;
        return ST_OK;
    }
    if ((st = alloc_tensor(&e->tail_input, net_inputs(e->tail, &k), err)) !=
            ST_OK ||
        (st = alloc_tensor(&e->tail_output, net_outputs(e->tail, &k), err)) !=
            ST_OK)
        return st;
    return net_bind(
        &e->tail_binding, e->tail, &e->tail_input, &e->tail_output, err);
}

enum status
edge_cut_open(struct edge_cut *e, struct edge_net *n, int i, struct err *err)
{
    int tensor = n->at[i].tensor;
    int answer = n->exits.item[n->exits.n - 1].output;
    enum status st;

    *e = (struct edge_cut){ .after_layer = n->at[i].after_layer,
        .name = n->g->values[tensor].name };
    if (tensor == answer)
        return ST_OK;
    if ((st = open_front(e, n, tensor, answer, err)) != ST_OK ||
        e->front == NULL)
        return st;
    return open_tail(e, n, tensor, answer, err);
}

void
edge_cut_close(struct edge_cut *e)
{
    struct tensor *all[] = { &e->input, &e->tensor, &e->output, &e->tail_input,
        &e->tail_output };

    binding_free(e->tail_binding);
    binding_free(e->front_binding);
    net_close(e->tail);
    net_close(e->front);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        free(all[i]->data);
    *e = (struct edge_cut){ 0 };
}
