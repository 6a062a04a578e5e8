/* SPDX-License-Identifier: MIT */
#include "search/heads/own.h"

#include <string.h>

/* Operators between dense layers: walked through. */
static const char *const between[] = { "Softmax", "LogSoftmax", "Relu",
    "LeakyRelu", "Elu", "Gelu", "Tanh", "Sigmoid", "Clip", "Dropout",
    "Identity", "Add", "BatchNormalization" };

/* Operators that only make features of a map flat. */
static const char *const flatten[] = { "Flatten", "Reshape", "Squeeze" };

static bool
listed(const char *op, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(op, list[i]) == 0)
            return true;
    return false;
}

#define LISTED(op, list) listed(op, list, sizeof(list) / sizeof((list)[0]))

static bool
is_dense(const struct graph *g, const struct node *n)
{
    const char *op = n->proto->op_type;

    return (strcmp(op, "Gemm") == 0 || strcmp(op, "MatMul") == 0) &&
           n->n_in >= 2 && g->values[n->in[1]].constant &&
           g->values[n->out[0]].rank == 2;
}

/* The node that made a value; NULL for inputs. */
static const struct node *
maker(const struct graph *g, int value)
{
    int p = g->values[value].producer;

    return p >= 0 ? &g->nodes[p] : NULL;
}

/* What the first dense layer reads, before it was made flat. */
static void
read_source(struct own *o, const struct graph *g, int value)
{
    const struct node *n = maker(g, value);
    const struct value *v;

    while (n != NULL && LISTED(n->proto->op_type, flatten) && n->in[0] >= 0) {
        value = n->in[0];
        n = maker(g, value);
    }
    v = &g->values[value];
    o->extent[0] = v->rank == 4 ? (size_t)v->dims[2] : 1;
    o->extent[1] = v->rank >= 3 ? (size_t)v->dims[v->rank - 1] : 1;
    o->channels = (size_t)v->dims[1];
}

bool
own_find(struct own *o, const struct plain *p)
{
    const struct graph *g = p->g;
    int value = p->exits.item[0].output, dense = 0;
    size_t units[HEAD_LAYERS] = { 0 };

    *o = (struct own){ 0 };
    for (const struct node *n = maker(g, value); n != NULL;
         n = maker(g, value)) {
        if (is_dense(g, n)) {
            if (dense == HEAD_LAYERS - 1)
                return false;
            units[dense++] = (size_t)g->values[n->out[0]].dims[1];
        } else if (!LISTED(n->proto->op_type, between) ||
                   g->values[value].rank != 2)
            break;
        if (n->in[0] < 0)
            return false;
        value = n->in[0];
    }
    if (dense == 0)
        return false;
    o->n_inner = dense - 1;
    for (int i = 0; i < o->n_inner; i++)
        o->inner[i] = units[dense - 1 - i];
    read_source(o, g, value);
    return true;
}

static void
add_layer(struct head *h, size_t *width, size_t out, bool relu)
{
    h->layer[h->n++] =
        (struct head_layer){ .relu = relu, .in = *width, .out = out };
    *width = out;
}

void
own_layers(const struct own *o, size_t classes, struct head *h)
{
    size_t width = front_width(&h->front);
    const bool pooled = h->front.out[0] * h->front.out[1] == 1;

    if (pooled && o->channels >= 2 * h->front.channels)
        add_layer(h, &width, o->channels / 2, false);
    for (int i = 0; i < o->n_inner && h->n < HEAD_LAYERS - 1; i++)
        add_layer(h, &width, o->inner[i] / 4 > 16 ? o->inner[i] / 4 : 16, true);
    add_layer(h, &width, classes, false);
}
