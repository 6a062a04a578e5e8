/* SPDX-License-Identifier: MIT */
/* A network of which boards have only some layers: the others are found, left
 * out, and what they make is fed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search/quant/lower_internal.h"

enum { TEXT_MAX = 300 };

/* ---- feeds ---- */

enum status
low_add_feed(struct lowering *w, int value, struct err *err)
{
    const struct value *v = &w->g->values[value];
    struct low_feed *f = &w->net->feeds[w->net->n_feeds];

    if (w->net->n_feeds == LOW_FEEDS_MAX)
        return err_set(err, ST_UNPROCESSABLE, "model.unsupported_layer",
            "boards would have to be given more than %d tensors",
            LOW_FEEDS_MAX);
    *f = (struct low_feed){ .tensor = w->n_tensors++,
        .c = (uint32_t)v->dims[1],
        .h = v->rank == 4 ? (uint32_t)v->dims[2] : 1,
        .w = v->rank > 2 ? (uint32_t)v->dims[v->rank - 1] : 1 };
    if ((f->name = strdup(v->name)) == NULL)
        return err_nomem(err);
    w->net->n_feeds++;
    w->values[value] = (struct low_value){
        .tensor = f->tensor, .layer = -1, .h = f->h, .w = f->w, .c = f->c
    };
    return ST_OK;
}

static bool
is_out(const struct lowering *w, const struct node *n)
{
    return json_object_get(w->without, n->name) != NULL;
}

/* Does a node that is not left out read it, and can a board be given it? */
static bool
is_wanted(const struct lowering *w, const struct value *v)
{
    bool read = false;

    for (int i = 0; i < v->n_uses; i++) {
        const struct node *n = &w->g->nodes[v->uses[i]];

        read = read || (n->live && !n->constant && !is_out(w, n));
    }
    if (!read || v->type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT ||
        v->rank < 2 || v->rank > 4 || v->dims[0] != 1)
        return false;
    for (int i = 1; i < v->rank; i++)
        if (v->dims[i] < 1 || v->dims[i] > NN_SIDE_MAX)
            return false;
    return true;
}

enum status
low_feed_outputs(struct lowering *w, struct err *err)
{
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < w->node->n_out; i++) {
        int v = w->node->out[i];

        if (v >= 0 && is_wanted(w, &w->g->values[v]))
            st = low_add_feed(w, v, err);
    }
    return st;
}

void
low_drop_feeds(struct low_net *net)
{
    int kept = 0;

    for (int i = 0; i < net->n_feeds; i++) {
        bool read = net->n_layers == 0;

        for (int k = 0; k < net->n_layers; k++)
            read = read || net->layers[k].ends.in == net->feeds[i].tensor ||
                   net->layers[k].ends.in2 == net->feeds[i].tensor;
        if (read)
            net->feeds[kept++] = net->feeds[i];
        else
            free(net->feeds[i].name);
    }
    net->n_feeds = kept;
}

/* ---- nodes ---- */

/* The layer that a node began and did not finish. */
static void
drop_layers(struct low_net *net, int from)
{
    while (net->n_layers > from) {
        struct low_layer *l = &net->layers[--net->n_layers];

        free(l->weights);
        free(l->bias);
        free(l->name);
        *l = (struct low_layer){ 0 };
    }
}

/* What an image cannot hold, said as limits. */
static enum status
check_limits(const struct lowering *w, struct err *err)
{
    struct nn_layer l = w->net->layers[w->net->n_layers - 1].l;
    struct nn_fault fault = { 0 };
    char text[TEXT_MAX];

    l.type = w->type;
    if (nn_layer_check(&l, &fault))
        return ST_OK;
    snprintf(text, sizeof(text),
        "its %s needs %llu where boards have at most "
        "%llu",
        fault.what, (unsigned long long)fault.need,
        (unsigned long long)fault.have);
    return low_refuse(w, err, text);
}

enum status
low_try_node(struct lowering *w, struct err *err)
{
    int before = w->net->n_layers;
    struct err why = { 0 };
    enum status st;

    if (is_out(w, w->node))
        return low_feed_outputs(w, err);
    st = low_node(w, &why);
    if (st == ST_OK && w->net->n_layers > before)
        st = check_limits(w, &why);
    if (st == ST_OK)
        return ST_OK;
    if (st != ST_UNPROCESSABLE)
        return err_set(err, st, why.code, "%s", why.text);
    drop_layers(w->net, before);
    if (json_object_set_new(w->refused, w->node->name, json_string(why.text)) !=
        0)
        return err_nomem(err);
    for (int i = 0; i < w->node->n_out; i++)
        if (w->node->out[i] >= 0)
            w->values[w->node->out[i]] = (struct low_value){ -1, -1, 0, 0, 0 };
    return low_feed_outputs(w, err);
}

/* ---- whole layers ---- */

/* A layer of the analysis with a refused node goes with all of its nodes. */
static enum status
leave_out(const json_t *refused, const json_t *layers, json_t *without,
    json_t *lacks, struct err *err)
{
    const json_t *layer, *node, *nodes;
    size_t i, k;
    int rc = 0;

    json_array_foreach(layers, i, layer)
    {
        const json_t *why = NULL;

        nodes = json_object_get(layer, "onnx_nodes");
        json_array_foreach(nodes, k, node)
        {
            why = json_object_get(refused, json_string_value(node));
            if (why != NULL)
                break;
        }
        if (why == NULL)
            continue;
        rc |= json_array_set_new(
            lacks, i, json_pack("{s:O,s:O}", "node", node, "reason", why));
        json_array_foreach(nodes, k, node) rc |=
            json_object_set_new(without, json_string_value(node), json_true());
    }
    return rc == 0 ? ST_OK : err_nomem(err);
}

/* Lower until nothing more is refused. */
static enum status
settle(struct lowering *w, json_t *without, json_t *lacks, const void *onnx,
    size_t len, const json_t *layers, struct err *err)
{
    size_t known = (size_t)-1;
    enum status st = ST_OK;

    while (st == ST_OK && json_object_size(without) != known) {
        known = json_object_size(without);
        low_free(w->net);
        w->net = NULL;
        w->n_tensors = 0;
        json_object_clear(w->refused);
        if ((st = low_run(w, onnx, len, err)) == ST_OK)
            st = leave_out(w->refused, layers, without, lacks, err);
    }
    if (st == ST_OK && json_object_size(w->refused) > 0)
        st = err_set(err, ST_UNPROCESSABLE, "model.unsupported_layer", "%s",
            json_string_value(json_object_iter_value(
                json_object_iter(w->refused)))); /* of no layer at all */
    return st;
}

/* Nothing but what every layer lacks: the first says why. */
static enum status
none_left(const json_t *lacks, struct err *err)
{
    const json_t *lack;
    size_t i;

    json_array_foreach(lacks, i, lack)
    {
        if (json_is_object(lack))
            return err_set(err, ST_UNPROCESSABLE, "model.unsupported_layer",
                "boards have none of the network's layers; the first: %s",
                json_string_value(json_object_get(lack, "reason")));
    }
    return err_set(err, ST_UNPROCESSABLE, "model.unsupported_layer",
        "the network has no layer that computes");
}

enum status
low_make_partly(struct low_net **out, const void *onnx, size_t len,
    enum nn_type type, const json_t *layers, json_t **lacks, struct err *err)
{
    json_t *without = json_object(), *refused = json_object();
    struct lowering w = {
        .without = without, .refused = refused, .type = type
    };
    enum status st = ST_OK;
    int rc = 0;

    *lacks = json_array();
    for (size_t i = 0; i < json_array_size(layers); i++)
        rc |= json_array_append_new(*lacks, json_null());
    if (without == NULL || refused == NULL || *lacks == NULL || rc != 0)
        st = err_nomem(err);
    if (st == ST_OK)
        st = settle(&w, without, *lacks, onnx, len, layers, err);
    if (st == ST_OK && w.net->n_layers == 0)
        st = none_left(*lacks, err);
    json_decref(without);
    json_decref(refused);
    if (st != ST_OK) {
        low_free(w.net);
        json_decref(*lacks);
        *lacks = NULL;
        w.net = NULL;
    }
    *out = w.net;
    return st;
}
