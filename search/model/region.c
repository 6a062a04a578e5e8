/* SPDX-License-Identifier: MIT */
#include "search/model/region.h"

#include <stdlib.h>

/* A growing list of numbers. */
struct list {
    int *v;
    int n, cap;
};

static bool
push(struct list *l, int x)
{
    if (l->n == l->cap) {
        int cap = l->cap > 0 ? 2 * l->cap : 8;
        int *v = realloc(l->v, (size_t)cap * sizeof(*v));

        if (v == NULL)
            return false;
        l->v = v;
        l->cap = cap;
    }
    l->v[l->n++] = x;
    return true;
}

struct build {
    struct graph *g;
    struct list nodes, in, out, weights;
    unsigned stamp; /* marks nodes inside and values already listed */
};

static bool
add_node(struct build *b, int node)
{
    if (b->g->nodes[node].stamp == b->stamp)
        return true;
    b->g->nodes[node].stamp = b->stamp;
    return push(&b->nodes, node);
}

/* Find where a value that is needed comes from. */
static bool
need(struct build *b, int value)
{
    struct value *v = &b->g->values[value];

    if (v->stamp == b->stamp)
        return true;
    v->stamp = b->stamp;
    if (v->init != NULL)
        return push(&b->weights, value);
    if (v->constant)
        return add_node(b, v->producer);
    if (v->producer >= 0 && b->g->nodes[v->producer].stamp == b->stamp)
        return true;
    return push(&b->in, value);
}

/* The list of nodes grows while it is walked: by constant ones. */
static bool
need_all(struct build *b)
{
    for (int i = 0; i < b->nodes.n; i++) {
        const struct node *n = &b->g->nodes[b->nodes.v[i]];

        for (int k = 0; k < n->n_in; k++)
            if (n->in[k] >= 0 && !need(b, n->in[k]))
                return false;
    }
    return true;
}

static bool
leaves(const struct build *b, const struct value *v)
{
    if (v->output)
        return true;
    for (int u = 0; u < v->n_uses; u++) {
        if (graph_needs(b->g, v->uses[u], v) &&
            b->g->nodes[v->uses[u]].stamp != b->stamp)
            return true;
    }
    return false;
}

static bool
find_outputs(struct build *b, int n_nodes)
{
    for (int i = 0; i < n_nodes; i++) {
        const struct node *n = &b->g->nodes[b->nodes.v[i]];

        for (int k = 0; k < n->n_out; k++)
            if (n->out[k] >= 0 && leaves(b, &b->g->values[n->out[k]]) &&
                !push(&b->out, n->out[k]))
                return false;
    }
    return true;
}

static int
ascending(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;

    return (x > y) - (x < y);
}

static void
sort(struct list *l)
{
    if (l->n > 1)
        qsort(l->v, (size_t)l->n, sizeof(*l->v), ascending);
}

static bool
build(struct build *b, const int *nodes, int n_nodes, const int *out, int n_out)
{
    for (int i = 0; i < n_nodes; i++)
        if (!add_node(b, nodes[i]))
            return false;
    for (int i = 0; out != NULL && i < n_out; i++) {
        const struct value *v = &b->g->values[out[i]];

        if (!push(&b->out, out[i]) || (v->constant && !need(b, out[i])))
            return false;
    }
    if (!need_all(b) || (out == NULL && !find_outputs(b, n_nodes)))
        return false;
    sort(&b->nodes);
    sort(&b->in);
    sort(&b->weights);
    if (out == NULL)
        sort(&b->out);
    return true;
}

enum status
region_build(struct region *r, struct graph *g, const int *nodes, int n_nodes,
    const int *out, int n_out, struct err *err)
{
    struct build b = { .g = g, .stamp = ++g->stamp };
    bool ok = build(&b, nodes, n_nodes, out, n_out);

    *r = (struct region){ b.nodes.v, b.in.v, b.out.v, b.weights.v, b.nodes.n,
        b.in.n, b.out.n, b.weights.n };
    if (ok)
        return ST_OK;
    region_clear(r);
    return err_nomem(err);
}

void
region_clear(struct region *r)
{
    free(r->nodes);
    free(r->in);
    free(r->out);
    free(r->weights);
    *r = (struct region){ 0 };
}

enum status
region_before(const struct graph *g, const int *out, int n_out, int *nodes,
    int *n, struct err *err)
{
    bool *needed = calloc((size_t)g->n_nodes + 1, sizeof(*needed));

    if (needed == NULL)
        return err_nomem(err);
    for (int i = 0; i < n_out; i++)
        if (g->values[out[i]].producer >= 0)
            needed[g->values[out[i]].producer] = true;
    *n = 0;
    for (int i = g->n_nodes - 1; i >= 0; i--) {
        const struct node *node = &g->nodes[i];

        if (!needed[i] || node->constant)
            continue;
        nodes[(*n)++] = i;
        for (int k = 0; k < node->n_in; k++)
            if (node->in[k] >= 0 && g->values[node->in[k]].producer >= 0)
                needed[g->values[node->in[k]].producer] = true;
    }
    free(needed);
    return ST_OK;
}
