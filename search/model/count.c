/* SPDX-License-Identifier: MIT */
#include "search/model/count.h"

#include <string.h>

/* A product that cannot overflow unseen: -1 is "too large" and sticks. */
static int64_t
times(int64_t a, int64_t b)
{
    int64_t p;

    if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &p))
        return -1;
    return p;
}

static int64_t
plus(int64_t a, int64_t b)
{
    int64_t s;

    if (a < 0 || b < 0 || __builtin_add_overflow(a, b, &s))
        return -1;
    return s;
}

/* Elements of dimensions from..rank. */
static int64_t
elements_from(const struct value *v, int from)
{
    return from < v->rank ? onnx_elements(v->dims + from, v->rank - from) : 1;
}

/* A node's k-th input or output; NULL if it is left out. */
static const struct value *
input(const struct graph *g, const struct node *n, int k)
{
    return k < n->n_in && n->in[k] >= 0 ? &g->values[n->in[k]] : NULL;
}

static const struct value *
output(const struct graph *g, const struct node *n)
{
    return n->n_out > 0 && n->out[0] >= 0 ? &g->values[n->out[0]] : NULL;
}

/* What a rule sees: data, weights (or right-hand side), result. */
struct operands {
    const struct node *n;
    const struct value *x, *w, *y;
    const struct value *r; /* one more: recurrent weights */
};

/* Weights are [out, in / groups, kernel..]: one output element meets all but
 * the first dimension. */
static int64_t
macs_conv(const struct operands *o)
{
    return times(elements_from(o->y, 0), elements_from(o->w, 1));
}

/* Weights are [in, out / groups, kernel..]: one input element likewise. */
static int64_t
macs_conv_transpose(const struct operands *o)
{
    return times(elements_from(o->x, 0), elements_from(o->w, 1));
}

static int64_t
macs_gemm(const struct operands *o)
{
    int inner = onnx_attr_int(o->n->proto, "transA", 0) ? 0 : 1;

    return o->x->rank == 2 ? times(elements_from(o->y, 0), o->x->dims[inner])
                           : 0;
}

static int64_t
macs_matmul(const struct operands *o)
{
    return o->x->rank > 0
               ? times(elements_from(o->y, 0), o->x->dims[o->x->rank - 1])
               : 0;
}

/* X is [steps, batch, in] (or, with layout 1, batch first: the product is the
 * same); every step meets all weights. */
static int64_t
macs_recurrent(const struct operands *o)
{
    int64_t weights = elements_from(o->w, 0);

    if (o->r != NULL)
        weights = plus(weights, elements_from(o->r, 0));
    return o->x->rank == 3 ? times(times(o->x->dims[0], o->x->dims[1]), weights)
                           : 0;
}

static const struct rule {
    const char *op;
    int64_t (*macs)(const struct operands *o);
    int x, w, r; /* which inputs; r: 0 for none */
} rules[] = {
    { "Conv", macs_conv, 0, 1, 0 },
    { "FusedConv", macs_conv, 0, 1, 0 },
    { "ConvInteger", macs_conv, 0, 1, 0 },
    { "QLinearConv", macs_conv, 0, 3, 0 },
    { "ConvTranspose", macs_conv_transpose, 0, 1, 0 },
    { "Gemm", macs_gemm, 0, 1, 0 },
    { "FusedGemm", macs_gemm, 0, 1, 0 },
    { "MatMul", macs_matmul, 0, 1, 0 },
    { "MatMulInteger", macs_matmul, 0, 1, 0 },
    { "QLinearMatMul", macs_matmul, 0, 3, 0 },
    { "RNN", macs_recurrent, 0, 1, 2 },
    { "GRU", macs_recurrent, 0, 1, 2 },
    { "LSTM", macs_recurrent, 0, 1, 2 },
};

static const char *const blind[] = { "Attention", "DeformConv", "Einsum",
    "FusedMatMul", "GroupQueryAttention", "MatMulNBits", "MultiHeadAttention",
    "QAttention", "QGemm", "QLinearConvTranspose" };

bool
count_is_blind(const struct node *n)
{
    for (size_t i = 0; i < sizeof(blind) / sizeof(blind[0]); i++)
        if (strcmp(n->proto->op_type, blind[i]) == 0)
            return true;
    return false;
}

int64_t
count_node_macs(const struct graph *g, const struct node *n)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct rule *rule = &rules[i];
        struct operands o = { n, input(g, n, rule->x), input(g, n, rule->w),
            output(g, n), rule->r > 0 ? input(g, n, rule->r) : NULL };

        if (strcmp(n->proto->op_type, rule->op) != 0)
            continue;
        /* A recurrent layer may leave its first output out. */
        if (o.y == NULL)
            o.y = o.x;
        return o.x != NULL && o.w != NULL ? rule->macs(&o) : 0;
    }
    return 0;
}

int64_t
count_value_bytes(const struct value *v)
{
    return onnx_bytes(v->type, onnx_elements(v->dims, v->rank));
}

static void
add_weight(struct counts *c, const struct value *v)
{
    if (v->type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64)
        return;
    c->params = plus(c->params, onnx_elements(v->dims, v->rank));
    c->weight_bytes = plus(c->weight_bytes, count_value_bytes(v));
}

/* A Constant node's value is a stored tensor by another name. */
static bool
is_stored(const struct node *n)
{
    return strcmp(n->proto->op_type, "Constant") == 0 && n->n_out == 1 &&
           n->out[0] >= 0;
}

enum status
count_region(struct counts *out, const struct graph *g, const struct region *r,
    struct err *err)
{
    struct counts c = { 0 };

    for (int i = 0; i < r->n_nodes; i++) {
        const struct node *n = &g->nodes[r->nodes[i]];

        if (!n->constant)
            c.macs = plus(c.macs, count_node_macs(g, n));
        else if (is_stored(n))
            add_weight(&c, &g->values[n->out[0]]);
    }
    for (int i = 0; i < r->n_weights; i++)
        add_weight(&c, &g->values[r->weights[i]]);
    for (int i = 0; i < r->n_in; i++)
        c.bytes_in = plus(c.bytes_in, count_value_bytes(&g->values[r->in[i]]));
    for (int i = 0; i < r->n_out; i++)
        c.bytes_out =
            plus(c.bytes_out, count_value_bytes(&g->values[r->out[i]]));
    *out = c;
    if (c.macs < 0 || c.params < 0 || c.weight_bytes < 0 || c.bytes_in < 0 ||
        c.bytes_out < 0)
        return err_set(err, ST_UNPROCESSABLE, "model.too_large",
            "the counts of node %.100s and its neighbours do not fit 63 bits",
            r->n_nodes > 0 ? g->nodes[r->nodes[0]].name : "");
    return ST_OK;
}
