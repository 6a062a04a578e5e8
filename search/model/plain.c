/* SPDX-License-Identifier: MIT */
#include "search/model/plain.h"

#include <stdlib.h>
#include <string.h>

#include "search/model/count.h"

/* Gemm takes a bias of any shape and AveragePool can leave padding out from
 * here on. */
enum { OPSET_MIN = 7 };

const char *
site_reason_word(enum site_reason r)
{
    static const char *const words[] = {
#define X(name, word, text) word,
        SITE_MAP(X)
#undef X
    };
    return words[r];
}

const char *
site_reason_text(enum site_reason r)
{
    static const char *const texts[] = {
#define X(name, word, text) text,
        SITE_MAP(X)
#undef X
    };
    return texts[r];
}

/* ---- which dimension holds the channels ---- */

/* What an operator says about the layout of its result. */
static const struct {
    const char *op;
    bool channels_last;
} layouts[] = {
    { "Conv", false },
    { "ConvTranspose", false },
    { "MaxPool", false },
    { "AveragePool", false },
    { "GlobalAveragePool", false },
    { "GlobalMaxPool", false },
    { "BatchNormalization", false },
    { "InstanceNormalization", false },
    { "GroupNormalization", false },
    { "MatMul", true },
    { "LayerNormalization", true },
    { "SkipLayerNormalization", true },
    { "Attention", true },
    { "Gather", true },
    { "LSTM", true },
    { "GRU", true },
};

/* The first activation that an operator reads and another made; -1: none. */
static int
first_activation(const struct graph *g, const struct node *n)
{
    for (int i = 0; i < n->n_in; i++)
        if (n->in[i] >= 0 && !g->values[n->in[i]].constant &&
            g->values[n->in[i]].producer >= 0)
            return n->in[i];
    return -1;
}

/* Whether the last dimension holds the channels: back to the first operator
 * that tells; a Transpose on the way turns the answer round.  Inputs and what
 * nothing tells of are taken as channels first. */
static bool
channels_last(const struct graph *g, int value)
{
    bool turned = false;

    while (value >= 0) {
        const struct node *n = &g->nodes[g->values[value].producer];
        const char *op = n->proto->op_type;

        for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
            if (strcmp(op, layouts[i].op) == 0)
                return layouts[i].channels_last != turned;
        turned ^= strcmp(op, "Transpose") == 0;
        value = first_activation(g, n);
    }
    return turned;
}

/* ---- sites ---- */

static enum site_reason
look_at_form(struct site *s, const struct graph *g, int tensor)
{
    const struct value *v = &g->values[tensor];
    bool last = channels_last(g, tensor);

    s->extent[0] = s->extent[1] = 1;
    if (v->rank < 2 || v->rank > 4)
        return SITE_RANK;
    if (v->rank == 4 && last)
        return SITE_LAYOUT;
    s->form = v->rank == 2 ? FORM_VECTOR : last ? FORM_SEQUENCE : FORM_MAP;
    s->channels = (size_t)v->dims[s->form == FORM_SEQUENCE ? 2 : 1];
    if (v->rank == 3)
        s->extent[1] = (size_t)v->dims[s->form == FORM_SEQUENCE ? 1 : 2];
    if (v->rank == 4) {
        s->extent[0] = (size_t)v->dims[2];
        s->extent[1] = (size_t)v->dims[3];
    }
    return SITE_OK;
}

static enum site_reason
look_at(struct site *s, const struct plain *p, int tensor, int64_t before)
{
    const struct value *v = &p->g->values[tensor];
    const struct value *in = &p->g->values[p->g->inputs[0]];
    enum site_reason reason;

    if (v->type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
        return SITE_TYPE;
    if (v->rank < 1 || v->dims[0] != in->dims[0])
        return SITE_BATCH;
    if (s->macs_before == p->macs)
        return SITE_NOTHING_LEFT;
    if (s->macs_before == before)
        return SITE_NO_WORK;
    reason = look_at_form(s, p->g, tensor);
    /* The cheapest head would cost as much as the rest of the network. */
    if (reason == SITE_OK &&
        p->macs - s->macs_before <= (int64_t)s->channels * p->classes)
        reason = SITE_NOTHING_LEFT;
    return reason;
}

static int64_t
layer_macs(const struct graph *g, const struct layer *l)
{
    int64_t sum = 0;

    for (int i = 0; i < l->n_nodes; i++)
        sum += count_node_macs(g, &g->nodes[l->nodes[i]]);
    return sum;
}

/* Walks layers and boundaries side by side. */
static void
look_at_all(struct plain *p)
{
    int64_t macs = 0, before = 0;

    for (int i = 0, b = 0; i < p->layers.n && b < p->n; i++) {
        macs += layer_macs(p->g, &p->layers.item[i]);
        for (; b < p->n && p->boundaries[b].after_layer == i; b++) {
            const struct value *v = &p->g->values[p->boundaries[b].tensor];
            struct site *s = &p->site[b];

            *s = (struct site){ .tensor = v->name,
                .dims = v->dims,
                .rank = v->rank,
                .bytes = count_value_bytes(v),
                .macs_before = macs };
            s->reason = look_at(s, p, p->boundaries[b].tensor, before);
            if (s->reason == SITE_OK)
                before = macs;
        }
    }
}

/* ---- what a network must be ---- */

static enum status
check_opset(const Onnx__ModelProto *m, struct err *err)
{
    for (size_t i = 0; i < m->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *s = m->opset_import[i];

        if (onnx_domain_is_standard(s->domain) && s->version < OPSET_MIN)
            return err_set(err, ST_UNPROCESSABLE, "augment.opset",
                "the model uses operator set %lld; heads need %d or later: "
                "convert the model",
                (long long)s->version, OPSET_MIN);
    }
    return ST_OK;
}

static enum status
check_network(struct plain *p, struct err *err)
{
    const struct value *out = &p->g->values[p->exits.item[0].output];
    const struct value *in = &p->g->values[p->g->inputs[0]];
    const char *last = p->g->nodes[out->producer].proto->op_type;

    if (p->exits.n > 1)
        return err_set(err, ST_UNPROCESSABLE, "augment.has_exits",
            "the model has %d exits already: give the plain network",
            p->exits.n);
    if (strcmp(last, "Sigmoid") == 0 || strcmp(last, "HardSigmoid") == 0)
        return err_set(err, ST_UNPROCESSABLE, "augment.sigmoid",
            "output %.100s is a %s: its columns are separate yes-or-no "
            "answers, not one of several classes; give a network that ends "
            "in logits or Softmax",
            out->name, last);
    if (p->exits.item[0].classes == 0 || out->dims[0] != 1)
        return err_set(err, ST_UNPROCESSABLE, "augment.not_classifier",
            "output %.100s is no classifier: it must be [1, classes] with two "
            "classes or more",
            out->name);
    if (p->g->n_inputs != 1 || in->dims[0] != 1 || in->rank < 2)
        return err_set(err, ST_UNPROCESSABLE, "augment.inputs",
            "the model must have one input of batch 1; it has %d inputs, the "
            "first with a first dimension of %lld",
            p->g->n_inputs, (long long)(in->rank > 0 ? in->dims[0] : 0));
    return check_opset(p->m, err);
}

static enum status
count_whole(struct plain *p, struct err *err)
{
    p->params = 0;
    for (size_t i = 0; i < p->m->graph->n_initializer; i++) {
        const Onnx__TensorProto *t = p->m->graph->initializer[i];

        if (t->data_type != ONNX__TENSOR_PROTO__DATA_TYPE__INT64)
            p->params += onnx_elements(t->dims, (int)t->n_dims);
    }
    for (int i = 0; i < p->layers.n; i++)
        if (__builtin_add_overflow(
                p->macs, layer_macs(p->g, &p->layers.item[i]), &p->macs))
            return err_set(err, ST_UNPROCESSABLE, "model.too_large",
                "the model's multiplications cannot be counted");
    p->input_bytes = count_value_bytes(&p->g->values[p->g->inputs[0]]);
    return ST_OK;
}

enum status
plain_open(struct plain *p, const void *data, size_t len, shape_infer_fn infer,
    void *ctx, struct err *err)
{
    enum status st;

    *p = (struct plain){ 0 };
    if ((st = onnx_read(data, len, &p->m, NULL, err)) != ST_OK ||
        (st = graph_build(&p->g, p->m, err)) != ST_OK ||
        (st = shape_fix_inputs(p->g, NULL, err)) != ST_OK ||
        (st = shape_infer(p->g, infer, ctx, err)) != ST_OK ||
        (st = exits_find(&p->exits, p->g, err)) != ST_OK ||
        (st = check_network(p, err)) != ST_OK ||
        (st = layers_build(&p->layers, p->g, err)) != ST_OK ||
        (st = boundaries_find(&p->boundaries, &p->n, &p->layers, p->g, err)) !=
            ST_OK ||
        (st = count_whole(p, err)) != ST_OK)
        return st;
    p->classes = p->exits.item[0].classes;
    p->site = calloc((size_t)p->n + 1, sizeof(*p->site));
    if (p->site == NULL)
        return err_nomem(err);
    look_at_all(p);
    return ST_OK;
}

void
plain_close(struct plain *p)
{
    free(p->site);
    free(p->boundaries);
    layers_clear(&p->layers);
    graph_free(p->g);
    onnx_free(p->m);
    *p = (struct plain){ 0 };
}
