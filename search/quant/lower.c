/* SPDX-License-Identifier: MIT */
#include "search/quant/lower.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "search/model/shape.h"
#include "search/quant/lower_internal.h"

enum status
low_refuse(const struct lowering *w, struct err *err, const char *what)
{
    return err_set(err, ST_UNPROCESSABLE, "model.unsupported_layer",
        "node '%s' (%s): %s%s", w->node->name, w->node->proto->op_type, what,
        w->without ? "" : "; such a network runs on Linux devices only");
}

/* The network's input, [1, c, h, w], [1, c, w] or [1, c]. */
static enum status
set_input(struct lowering *w, struct err *err)
{
    const struct low_feed *in = w->net->feeds;
    const struct value *v;
    enum status st;

    if (w->g->n_inputs != 1)
        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_layer",
            "the network has %d inputs; boards take one", w->g->n_inputs);
    v = &w->g->values[w->g->inputs[0]];
    if (v->type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT || v->rank < 2 ||
        v->rank > 4)
        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_layer",
            "input '%s' must be 2 to 4 dimensions of float32", v->name);
    for (int i = 1; i < v->rank; i++)
        if (v->dims[i] < 1 || v->dims[i] > NN_SIDE_MAX)
            return err_set(err, ST_UNPROCESSABLE, "model.dynamic_shape",
                "dimension %d of input '%s' is not fixed", i, v->name);
    if ((st = low_add_feed(w, w->g->inputs[0], err)) != ST_OK)
        return st;
    w->net->feeds[0].input = true;
    w->net->in_h = in->h;
    w->net->in_w = in->w;
    w->net->in_c = in->c;
    return ST_OK;
}

static enum status
set_outputs(struct lowering *w, struct err *err)
{
    for (int i = 0; i < w->g->n_outputs; i++) {
        int v = w->g->outputs[i], n = w->net->n_outputs;
        struct low_output *o = &w->net->outputs[n];

        if (w->values[v].layer < 0 && w->without != NULL)
            continue; /* others make it */
        if (n == LOW_OUTPUTS_MAX || w->values[v].layer < 0)
            return err_set(err, ST_UNPROCESSABLE, "model.unsupported_layer",
                "output '%s' is not made by a layer, or is one of too many",
                w->g->values[v].name);
        o->tensor = w->values[v].tensor;
        if ((o->name = strdup(w->g->values[v].name)) == NULL)
            return err_nomem(err);
        w->net->n_outputs++;
    }
    return ST_OK;
}

static enum status
walk(struct lowering *w, struct err *err)
{
    enum status st = set_input(w, err);

    for (int i = 0; st == ST_OK && i < w->g->n_nodes; i++) {
        w->node = &w->g->nodes[i];
        if (w->node->live && !w->node->constant)
            st = w->without ? low_try_node(w, err) : low_node(w, err);
    }
    if (st == ST_OK)
        st = set_outputs(w, err);
    w->net->n_tensors = w->n_tensors;
    low_drop_feeds(w->net);
    return st;
}

static enum status
lower_graph(struct lowering *w, struct err *err)
{
    struct low_net *net = w->net;
    enum status st;

    net->layers = calloc((size_t)w->g->n_nodes + 1, sizeof(*net->layers));
    w->values = calloc((size_t)w->g->n_values + 1, sizeof(*w->values));
    if (net->layers == NULL || w->values == NULL) {
        free(w->values);
        return err_nomem(err);
    }
    for (int i = 0; i < w->g->n_values; i++)
        w->values[i] = (struct low_value){ .tensor = -1, .layer = -1 };
    st = walk(w, err);
    free(w->values);
    return st;
}

enum status
low_run(struct lowering *w, const void *onnx, size_t len, struct err *err)
{
    Onnx__ModelProto *m = NULL;
    struct graph *g = NULL;
    bool changed;
    enum status st;

    if ((w->net = calloc(1, sizeof(*w->net))) == NULL)
        return err_nomem(err);
    st = onnx_read(onnx, len, &m, NULL, err);
    if (st == ST_OK)
        st = graph_build(&g, m, err);
    if (st == ST_OK)
        st = shape_fix_inputs(g, NULL, err);
    if (st == ST_OK && w->without != NULL)
        st = shape_take_infos(g, err);
    if (st == ST_OK)
        st = graph_fold(g, &changed, err);
    w->g = g;
    if (st == ST_OK)
        st = lower_graph(w, err);
    graph_free(g);
    onnx_free(m);
    w->g = NULL;
    if (st != ST_OK) {
        low_free(w->net);
        w->net = NULL;
    }
    return st;
}

enum status
low_make(struct low_net **out, const void *onnx, size_t len, struct err *err)
{
    struct lowering w = { 0 };
    enum status st = low_run(&w, onnx, len, err);

    *out = w.net;
    return st;
}

void
low_free(struct low_net *net)
{
    if (net == NULL)
        return;
    for (int i = 0; i < net->n_layers; i++) {
        free(net->layers[i].weights);
        free(net->layers[i].bias);
        free(net->layers[i].name);
    }
    for (int i = 0; i < net->n_outputs; i++)
        free(net->outputs[i].name);
    for (int i = 0; i < net->n_feeds; i++)
        free(net->feeds[i].name);
    free(net->layers);
    free(net);
}

static enum status
pack_float(struct pack *p, const struct low_layer *low, struct err *err)
{
    struct nn_layer l = low->l;
    enum status st = ST_OK;

    l.type = NN_F32;
    l.low_f = low->relu ? 0 : -FLT_MAX;
    l.high_f = FLT_MAX;
    if (low->weights != NULL) {
        st = pack_data(p, low->weights, nn_weight_count(&l) * sizeof(float),
            &l.weights, err);
        if (st == ST_OK)
            st = pack_data(p, low->bias, l.out_c * sizeof(float), &l.bias, err);
    }
    return st == ST_OK ? pack_layer(p, &l, low->ends, err) : st;
}

enum status
low_image(const struct low_net *net, void **image, size_t *len, struct err *err)
{
    struct pack *p = malloc(sizeof(*p));
    enum status st = ST_OK;

    if (p == NULL)
        return err_nomem(err);
    pack_init(p);
    low_pack_feeds(net, NN_F32, p);
    for (int i = 0; st == ST_OK && i < net->n_layers; i++)
        st = pack_float(p, &net->layers[i], err);
    for (int i = 0; st == ST_OK && i < net->n_outputs; i++)
        pack_keep(p, net->outputs[i].tensor);
    if (st == ST_OK)
        st = pack_finish(p, image, len, err);
    pack_clear(p);
    free(p);
    return st;
}

size_t
low_feed_count(const struct low_feed *f)
{
    return (size_t)f->h * f->w * f->c;
}

void
low_feed_order(const struct low_feed *f, const float *chw, float *hwc)
{
    size_t area = (size_t)f->h * f->w;

    for (size_t i = 0; i < area; i++)
        for (uint32_t c = 0; c < f->c; c++)
            hwc[i * f->c + c] = chw[c * area + i];
}

void
low_pack_feeds(const struct low_net *net, enum nn_type type, struct pack *p)
{
    /* One alone is what the first layer reads. */
    for (int i = 0; net->n_feeds > 1 && i < net->n_feeds; i++)
        pack_feed(p, net->feeds[i].tensor,
            low_feed_count(&net->feeds[i]) * nn_type_bytes(type));
}

void
low_input(const struct low_net *net, const float *chw, float *hwc)
{
    low_feed_order(&net->feeds[0], chw, hwc);
}
