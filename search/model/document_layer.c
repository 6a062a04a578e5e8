/* SPDX-License-Identifier: MIT */
/* What a layer's operator is set to, and which layers it reads. */
#include "search/model/document.h"

#include <string.h>

#include "base/json.h"

/* Operators with a window: [out, in, kernel..] weights, or none. */
static const struct {
    const char *op_type;
    bool has_weights;
} windowed[] = {
    { "Conv", true },
    { "ConvInteger", true },
    { "QLinearConv", true },
    { "ConvTranspose", true },
    { "MaxPool", false },
    { "AveragePool", false },
    { "LpPool", false },
};

/* An attribute of integers, or `n` times its default. */
static json_t *
ints(const Onnx__NodeProto *p, const char *name, size_t n, int64_t fallback)
{
    const Onnx__AttributeProto *a = onnx_attr(p, name);
    json_t *list;

    if (a != NULL && a->n_ints > 0)
        return json_int_array(a->ints, a->n_ints);
    list = json_array();
    for (size_t i = 0; i < n; i++)
        if (json_array_append_new(list, json_integer(fallback)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* The window: said by the node, else the weights' last dimensions. */
static json_t *
kernel(const struct graph *g, const struct node *n, bool has_weights)
{
    int w = strcmp(n->proto->op_type, "QLinearConv") == 0 ? 3 : 1;
    const struct value *v;

    if (!has_weights || onnx_attr(n->proto, "kernel_shape") != NULL)
        return ints(n->proto, "kernel_shape", 0, 1);
    if (w >= n->n_in || n->in[w] < 0)
        return json_array();
    v = &g->values[n->in[w]];
    return v->rank > 2 ? json_int_array(v->dims + 2, (size_t)v->rank - 2)
                       : json_array();
}

json_t *
document_attributes(const struct graph *g, const struct node *n)
{
    for (size_t i = 0; i < sizeof(windowed) / sizeof(windowed[0]); i++) {
        json_t *k;
        size_t rank;

        if (strcmp(windowed[i].op_type, n->proto->op_type) != 0)
            continue;
        k = kernel(g, n, windowed[i].has_weights);
        rank = json_array_size(k);
        return json_pack("{s:o,s:o,s:o,s:o,s:I}", "kernel", k, "strides",
            ints(n->proto, "strides", rank, 1), "pads",
            ints(n->proto, "pads", 2 * rank, 0), "dilations",
            ints(n->proto, "dilations", rank, 1), "groups",
            (json_int_t)onnx_attr_int(n->proto, "group", 1));
    }
    return json_null();
}

json_t *
document_reads(const struct analysis *a, const struct layer *l)
{
    json_t *list = json_array();
    int last = -1;

    /* Values are numbered by their makers, but layers may be moved. */
    for (int next = 0; next < a->layers.n; last = next) {
        next = a->layers.n;
        for (int i = 0; i < l->region.n_in; i++) {
            int maker = a->g->values[l->region.in[i]].producer;
            int from = maker >= 0 ? a->layers.of_node[maker] : -1;

            if (from > last && from < next)
                next = from;
        }
        if (next < a->layers.n &&
            json_array_append_new(list, json_integer(next)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}
