/* SPDX-License-Identifier: MIT */
/* The order of a graph's nodes, and what is constant in it. */
#include <stdlib.h>
#include <string.h>

#include "search/model/graph.h"

/* List every value's readers, in run order. */
static void
link_uses(struct graph *g)
{
    int *next = g->uses;

    for (int v = 0; v < g->n_values; v++)
        g->values[v].n_uses = 0;
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_in; k++)
            if (g->nodes[i].in[k] >= 0)
                g->values[g->nodes[i].in[k]].n_uses++;
    for (int v = 0; v < g->n_values; v++) {
        g->values[v].uses = next;
        next += g->values[v].n_uses;
        g->values[v].n_uses = 0;
    }
    for (int i = 0; i < g->n_nodes; i++) {
        for (int k = 0; k < g->nodes[i].n_in; k++) {
            struct value *v;

            if (g->nodes[i].in[k] < 0)
                continue;
            v = &g->values[g->nodes[i].in[k]];
            v->uses[v->n_uses++] = i;
        }
    }
}

enum status
graph_permute(struct graph *g, const int *order, struct err *err)
{
    struct node *moved = malloc((size_t)g->n_nodes * sizeof(*moved));

    if (moved == NULL)
        return err_nomem(err);
    for (int i = 0; i < g->n_nodes; i++) {
        moved[i] = g->nodes[order[i]];
        for (int k = 0; k < moved[i].n_out; k++)
            if (moved[i].out[k] >= 0)
                g->values[moved[i].out[k]].producer = i;
    }
    free(g->nodes);
    g->nodes = moved;
    link_uses(g);
    return ST_OK;
}

/* A walk from a node back to what it needs.  `at` is the input to look at
 * next; the walk keeps its own stack, so that depth costs no call frames. */
struct step {
    int node, at;
};

enum mark { NEW, OPEN, DONE };

/* The producer of a node's next input that is not done; -1 if none is. */
static int
next_needed(const struct graph *g, struct step *s, const char *marks)
{
    const struct node *n = &g->nodes[s->node];

    while (s->at < n->n_in) {
        int v = n->in[s->at++];
        int p = v >= 0 ? g->values[v].producer : -1;

        if (p >= 0 && marks[p] != DONE)
            return p;
    }
    return -1;
}

/* Append a node and all it needs to `order`. */
static enum status
visit(const struct graph *g, int root, struct step *stack, char *marks,
    int *order, int *n, struct err *err)
{
    int depth = 0;

    if (marks[root] != NEW)
        return ST_OK;
    stack[0] = (struct step){ root, 0 };
    marks[root] = OPEN;
    while (depth >= 0) {
        int p = next_needed(g, &stack[depth], marks);

        if (p < 0) {
            marks[stack[depth].node] = DONE;
            order[(*n)++] = stack[depth--].node;
        } else if (marks[p] == OPEN) {
            return err_set(err, ST_UNPROCESSABLE, "model.cycle",
                "node %.100s depends on its own output", g->nodes[p].name);
        } else {
            stack[++depth] = (struct step){ p, 0 };
            marks[p] = OPEN;
        }
    }
    return ST_OK;
}

enum status
graph_sort(struct graph *g, struct err *err)
{
    size_t n = (size_t)g->n_nodes;
    struct step *stack = calloc(n, sizeof(*stack));
    char *marks = calloc(n, 1);
    int *order = calloc(n, sizeof(*order));
    int done = 0;
    enum status st = ST_OK;

    if (stack == NULL || marks == NULL || order == NULL)
        st = err_nomem(err);
    for (int i = 0; i < g->n_nodes && st == ST_OK; i++)
        st = visit(g, i, stack, marks, order, &done, err);
    if (st == ST_OK)
        st = graph_permute(g, order, err);
    free(stack);
    free(marks);
    free(order);
    return st;
}

void
graph_mark_live(struct graph *g)
{
    for (int i = g->n_nodes - 1; i >= 0; i--) {
        struct node *n = &g->nodes[i];

        n->live = false;
        for (int k = 0; k < n->n_out && !n->live; k++) {
            const struct value *v;

            if (n->out[k] < 0)
                continue;
            v = &g->values[n->out[k]];
            n->live = v->output;
            for (int u = 0; u < v->n_uses && !n->live; u++)
                n->live = graph_needs(g, v->uses[u], v);
        }
    }
}

static void *
copy_bytes(const void *p, size_t n)
{
    void *q = malloc(n + 1);

    if (q != NULL) {
        memcpy(q, p, n);
        ((char *)q)[n] = '\0';
    }
    return q;
}

/* A stored tensor named like value `out`; rank 1 or 0. */
static Onnx__TensorProto *
make_ints(const char *name, const int64_t *v, int n, int rank)
{
    Onnx__TensorProto *t = malloc(sizeof(*t));

    if (t == NULL)
        return NULL;
    onnx__tensor_proto__init(t);
    t->name = copy_bytes(name, strlen(name));
    t->has_data_type = t->has_raw_data = 1;
    t->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
    t->raw_data.len = (size_t)n * sizeof(*v);
    t->raw_data.data = copy_bytes(v, t->raw_data.len);
    t->dims = malloc(sizeof(*t->dims));
    t->n_dims = t->dims != NULL ? (size_t)rank : 0;
    if (t->name == NULL || t->raw_data.data == NULL || t->dims == NULL) {
        onnx__tensor_proto__free_unpacked(t, NULL);
        return NULL;
    }
    t->dims[0] = n;
    return t;
}

/* Clamp Shape's `start` or `end` into 0..rank, as the operator does. */
static int
clamp_axis(int64_t axis, int rank)
{
    if (axis < 0)
        axis += rank;
    return axis < 0 ? 0 : axis > rank ? rank : (int)axis;
}

static Onnx__TensorProto *
fold_node(const struct graph *g, const struct node *n)
{
    const struct value *in = &g->values[n->in[0]];
    const char *name = g->values[n->out[0]].name;
    int64_t elements = onnx_elements(in->dims, in->rank);
    int from, to;

    if (strcmp(n->proto->op_type, "Size") == 0)
        return make_ints(name, &elements, 1, 0);
    from = clamp_axis(onnx_attr_int(n->proto, "start", 0), in->rank);
    to = clamp_axis(onnx_attr_int(n->proto, "end", in->rank), in->rank);
    return make_ints(name, in->dims + from, to > from ? to - from : 0, 1);
}

static enum status
fold_shape(struct graph *g, struct node *n, bool *changed, struct err *err)
{
    Onnx__TensorProto *t, **grown;
    struct value *out;

    if (n->n_in != 1 || n->in[0] < 0 || n->n_out != 1 || n->out[0] < 0 ||
        g->values[n->in[0]].type == 0 || g->values[n->out[0]].init != NULL)
        return ST_OK;
    grown = realloc(g->folded, ((size_t)g->n_folded + 1) * sizeof(*g->folded));
    if (grown == NULL)
        return err_nomem(err);
    g->folded = grown;
    if ((t = fold_node(g, n)) == NULL)
        return err_nomem(err);
    g->folded[g->n_folded++] = t;
    out = &g->values[n->out[0]];
    out->init = t;
    out->type = t->data_type;
    out->rank = (int)t->n_dims;
    out->dims[0] = t->dims[0];
    *changed = true;
    return ST_OK;
}

enum status
graph_fold(struct graph *g, bool *changed, struct err *err)
{
    enum status st;

    *changed = false;
    for (int i = 0; i < g->n_nodes; i++) {
        struct node *n = &g->nodes[i];
        bool constant = n->live;

        if (n->live && n->kind == OP_SHAPE &&
            (st = fold_shape(g, n, changed, err)) != ST_OK)
            return st;
        for (int k = 0; k < n->n_in; k++)
            if (n->in[k] >= 0 && !g->values[n->in[k]].constant)
                constant = false;
        if (n->n_out > 0 && n->out[0] >= 0 && g->values[n->out[0]].init)
            constant = true;
        n->constant = constant;
        for (int k = 0; k < n->n_out; k++)
            if (n->out[k] >= 0)
                g->values[n->out[k]].constant = constant;
    }
    return ST_OK;
}
