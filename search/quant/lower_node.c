/* SPDX-License-Identifier: MIT */
/* One ONNX node to one layer, or into the layer before it. */
#include <string.h>

#include "search/quant/lower_internal.h"

/* What the node reads, where that is an activation. */
static struct low_value *
source(const struct lowering *w, int i)
{
    int v = i < w->node->n_in ? w->node->in[i] : -1;

    return v >= 0 && w->values[v].tensor >= 0 ? &w->values[v] : NULL;
}

/* A stored tensor that the node reads, or NULL. */
static const struct value *
stored(const struct lowering *w, int i)
{
    int v = i < w->node->n_in ? w->node->in[i] : -1;

    return v >= 0 && w->g->values[v].init != NULL ? &w->g->values[v] : NULL;
}

/* The layer that makes the node's first input, if nobody else reads that and
 * it is no output: what follows can become part of it. */
static struct low_layer *
sole_maker(const struct lowering *w)
{
    const struct value *v = &w->g->values[w->node->in[0]];
    const struct low_value *low = source(w, 0);

    if (low == NULL || low->layer < 0 || v->n_uses != 1 || v->output)
        return NULL;
    return &w->net->layers[low->layer];
}

/* The node's output is its input by another name. */
static void
rename_value(const struct lowering *w)
{
    w->values[w->node->out[0]] = *source(w, 0);
}

static enum status
start(
    struct lowering *w, enum nn_op op, struct low_layer **out, struct err *err)
{
    const struct low_value *in = source(w, 0);
    struct low_layer *l = &w->net->layers[w->net->n_layers];

    if (in == NULL)
        return low_refuse(w, err,
            "its input must be 2 to 4 dimensions of float32, and no stored "
            "tensor");
    *l = (struct low_layer){ .l = { .op = op,
                                 .in_h = in->h,
                                 .in_w = in->w,
                                 .in_c = in->c,
                                 .out_h = in->h,
                                 .out_w = in->w,
                                 .out_c = in->c,
                                 .kernel_h = 1,
                                 .kernel_w = 1,
                                 .stride_h = 1,
                                 .stride_w = 1 },
        .ends = { in->tensor, -1, w->n_tensors } };
    if ((l->name = strdup(w->node->name)) == NULL)
        return err_nomem(err);
    w->net->n_layers++;
    *out = l;
    return ST_OK;
}

static void
finish(struct lowering *w, const struct low_layer *l)
{
    w->values[w->node->out[0]] = (struct low_value){ .tensor = w->n_tensors++,
        .layer = w->net->n_layers - 1,
        .h = l->l.out_h,
        .w = l->l.out_w,
        .c = l->l.out_c };
}

/* Integers of an attribute for height and width; a 1-D one has one of each. */
static enum status
pair(const struct lowering *w, const char *name, int64_t fallback, uint32_t *h,
    uint32_t *v, struct err *err)
{
    const Onnx__AttributeProto *a = onnx_attr(w->node->proto, name);
    size_t n = a != NULL ? a->n_ints : 0;
    int64_t last = n > 0 ? a->ints[n - 1] : fallback;
    int64_t first = n > 1 ? a->ints[0] : n == 1 ? 1 : fallback;

    if (n > 2 || first < 1 || last < 1 || first > NN_SIDE_MAX ||
        last > NN_SIDE_MAX)
        return low_refuse(w, err, "boards have windows of 1 or 2 dimensions");
    *h = (uint32_t)first;
    *v = (uint32_t)last;
    return ST_OK;
}

/* Begin and end of the padding, by height and width. */
static enum status
read_pads(const struct lowering *w, int64_t pads[4], struct err *err)
{
    const Onnx__AttributeProto *a = onnx_attr(w->node->proto, "pads");
    const Onnx__AttributeProto *by = onnx_attr(w->node->proto, "auto_pad");
    size_t n = a != NULL ? a->n_ints : 0;

    memset(pads, 0, 4 * sizeof(*pads));
    if (by != NULL && (by->s.len != 6 || memcmp(by->s.data, "NOTSET", 6) != 0))
        return low_refuse(w, err, "auto_pad is not supported, write pads");
    if (n == 4)
        memcpy(pads, a->ints, 4 * sizeof(*pads));
    else if (n == 2) {
        pads[1] = a->ints[0];
        pads[3] = a->ints[1];
    } else if (n != 0)
        return low_refuse(w, err, "boards have windows of 1 or 2 dimensions");
    for (int i = 0; i < 4; i++)
        if (pads[i] < 0 || pads[i] > NN_SIDE_MAX)
            return low_refuse(w, err, "negative padding");
    return ST_OK;
}

static enum status
read_window(const struct lowering *w, struct nn_layer *l, struct err *err)
{
    uint32_t dilation_h, dilation_w;
    int64_t pads[4], h, v;
    enum status st;

    if ((st = pair(w, "strides", 1, &l->stride_h, &l->stride_w, err)) !=
            ST_OK ||
        (st = pair(w, "dilations", 1, &dilation_h, &dilation_w, err)) !=
            ST_OK ||
        (st = read_pads(w, pads, err)) != ST_OK)
        return st;
    if (dilation_h != 1 || dilation_w != 1 ||
        onnx_attr_int(w->node->proto, "ceil_mode", 0) != 0)
        return low_refuse(w, err, "dilations and ceil_mode are not supported");
    l->pad_top = (uint32_t)pads[0];
    l->pad_left = (uint32_t)pads[1];
    h = l->in_h + pads[0] + pads[2] - (int64_t)l->kernel_h;
    v = l->in_w + pads[1] + pads[3] - (int64_t)l->kernel_w;
    if (h < 0 || v < 0)
        return low_refuse(w, err, "its window is larger than its input");
    l->out_h = (uint32_t)(h / l->stride_h) + 1;
    l->out_w = (uint32_t)(v / l->stride_w) + 1;
    return ST_OK;
}

static enum status
conv(struct lowering *w, struct err *err)
{
    const struct value *weights = stored(w, 1);
    int64_t group = onnx_attr_int(w->node->proto, "group", 1);
    bool flat = weights != NULL && weights->rank == 3;
    struct low_layer *l = NULL;
    enum status st = start(w, NN_CONV, &l, err);

    if (st != ST_OK)
        return st;
    if (weights == NULL || (!flat && weights->rank != 4))
        return low_refuse(w, err, "weights of 3 or 4 stored dimensions");
    l->l.out_c = (uint32_t)weights->dims[0];
    l->l.kernel_h = flat ? 1 : (uint32_t)weights->dims[2];
    l->l.kernel_w = (uint32_t)weights->dims[flat ? 2 : 3];
    if (group == l->l.in_c && l->l.out_c == l->l.in_c && group > 1)
        l->l.op = NN_DEPTHWISE;
    else if (group != 1)
        return low_refuse(
            w, err, "groups must be 1, or as many as inputs and as outputs");
    if ((st = read_window(w, &l->l, err)) != ST_OK ||
        (st = low_conv_weights(w, l, err)) != ST_OK)
        return st;
    finish(w, l);
    return ST_OK;
}

static enum status
dense(struct lowering *w, struct err *err)
{
    const struct value *weights = stored(w, 1);
    const Onnx__AttributeProto *a = onnx_attr(w->node->proto, "alpha");
    const Onnx__AttributeProto *b = onnx_attr(w->node->proto, "beta");
    bool across = onnx_attr_int(w->node->proto, "transB", 0) != 0;
    const struct low_value *in = source(w, 0);
    struct low_layer *l = NULL;
    enum status st = start(w, NN_DENSE, &l, err);

    if (st != ST_OK)
        return st;
    if ((a != NULL && a->f != 1) || (b != NULL && b->f != 1) ||
        onnx_attr_int(w->node->proto, "transA", 0) != 0 || weights == NULL ||
        weights->rank != 2)
        return low_refuse(w, err, "alpha and beta must be 1, transA 0");
    l->l.in_h = l->l.in_w = l->l.out_h = l->l.out_w = 1;
    l->l.in_c = in->h * in->w * in->c;
    l->l.out_c = (uint32_t)weights->dims[across ? 0 : 1];
    if ((st = low_dense_weights(w, l, in, err)) != ST_OK)
        return st;
    finish(w, l);
    return ST_OK;
}

static enum status
pool(struct lowering *w, struct err *err)
{
    const char *type = w->node->proto->op_type;
    struct low_layer *l = NULL;
    enum status st = start(
        w, strcmp(type, "MaxPool") == 0 ? NN_MAXPOOL : NN_AVGPOOL, &l, err);

    if (st != ST_OK)
        return st;
    if (strcmp(type, "GlobalAveragePool") == 0) {
        l->l.kernel_h = l->l.in_h;
        l->l.kernel_w = l->l.in_w;
        l->l.out_h = l->l.out_w = 1;
    } else if ((st = pair(w, "kernel_shape", 1, &l->l.kernel_h, &l->l.kernel_w,
                    err)) != ST_OK ||
               (st = read_window(w, &l->l, err)) != ST_OK) {
        return st;
    }
    if (onnx_attr_int(w->node->proto, "count_include_pad", 0) != 0)
        return low_refuse(w, err, "count_include_pad must be 0");
    finish(w, l);
    return ST_OK;
}

static enum status
add(struct lowering *w, struct err *err)
{
    const struct low_value *a = source(w, 0), *b = source(w, 1);
    struct low_layer *l = NULL;
    enum status st = start(w, NN_ADD, &l, err);

    if (st != ST_OK)
        return st;
    if (b == NULL || a->h != b->h || a->w != b->w || a->c != b->c)
        return low_refuse(w, err, "it must add two activations of one shape");
    l->ends.in2 = b->tensor;
    finish(w, l);
    return ST_OK;
}

static enum status
relu(struct lowering *w, struct err *err)
{
    struct low_layer *l = sole_maker(w);
    enum status st;

    if (l != NULL && l->l.op != NN_SOFTMAX) {
        l->relu = true;
        rename_value(w);
        return ST_OK;
    }
    if ((st = start(w, NN_RELU, &l, err)) != ST_OK)
        return st;
    l->relu = true;
    finish(w, l);
    return ST_OK;
}

static enum status
norm(struct lowering *w, struct err *err)
{
    struct low_layer *l = sole_maker(w);
    enum status st;

    if (l == NULL || l->weights == NULL || l->relu)
        return low_refuse(
            w, err, "batch normalisation must follow a convolution alone");
    if ((st = low_fold_norm(w, l, err)) == ST_OK)
        rename_value(w);
    return st;
}

static enum status
softmax(struct lowering *w, struct err *err)
{
    struct low_layer *l = NULL;
    enum status st = start(w, NN_SOFTMAX, &l, err);

    if (st != ST_OK)
        return st;
    if (l->l.in_h * l->l.in_w != 1)
        return low_refuse(w, err, "it must be over classes alone");
    finish(w, l);
    return ST_OK;
}

/* The value under another name.  What follows a Flatten takes the values as one
 * row, and low_dense_weights() puts the weights in our order. */
static enum status
same(struct lowering *w, struct err *err)
{
    if (source(w, 0) == NULL)
        return low_refuse(w, err,
            "its input must be 2 to 4 dimensions of float32, and no stored "
            "tensor");
    rename_value(w);
    return ST_OK;
}

static const struct {
    const char *type;
    enum status (*lower)(struct lowering *w, struct err *err);
} kinds[] = {
    { "Add", add },
    { "AveragePool", pool },
    { "BatchNormalization", norm },
    { "Conv", conv },
    { "Dropout", same },
    { "Flatten", same },
    { "Gemm", dense },
    { "GlobalAveragePool", pool },
    { "Identity", same },
    { "MaxPool", pool },
    { "Relu", relu },
    { "Softmax", softmax },
};

enum status
low_node(struct lowering *w, struct err *err)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].type, w->node->proto->op_type) == 0)
            return kinds[i].lower(w, err);
    return low_refuse(w, err, "boards have no such layer");
}
