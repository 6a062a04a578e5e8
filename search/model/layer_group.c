/* SPDX-License-Identifier: MIT */
/* Which nodes belong together; the rules are those of layer.h. */
#include <stdlib.h>

#include "search/model/layer_group.h"

enum { GATE_STEPS = 4 };

/* A group while nodes are still being handed out.  Its last node is the only
 * one whose outputs leave it, or will be once a gate is closed. */
struct group {
    int last;  /* node; when all is done: the layer's number */
    int into;  /* the group it was merged into, or its own number */
    bool weak; /* nothing in it is worth a layer: may join forward */
};

struct grouping {
    const struct graph *g;
    struct group *groups;
    int n;
    int *of_node; /* group of each node, -1: none (constant or dead) */
};

static int
group_of(const struct grouping *gr, int node)
{
    int id = gr->of_node[node];

    return id < 0 ? -1 : gr->groups[id].into;
}

/* Whether `reader` is the only one that reads a node's outputs. */
static bool
read_only_by(const struct graph *g, int node, int reader)
{
    const struct node *n = &g->nodes[node];

    for (int k = 0; k < n->n_out; k++) {
        const struct value *v;

        if (n->out[k] < 0)
            continue;
        v = &g->values[n->out[k]];
        if (v->output)
            return false;
        for (int u = 0; u < v->n_uses; u++)
            if (v->uses[u] != reader && graph_needs(g, v->uses[u], v))
                return false;
    }
    return true;
}

/* The only node that needs a node's only output; -1 if there are more. */
static int
only_reader(const struct graph *g, int node)
{
    const struct node *n = &g->nodes[node];
    int reader = -1;

    if (n->n_out != 1 || g->values[n->out[0]].output)
        return -1;
    for (int u = 0; u < g->values[n->out[0]].n_uses; u++) {
        int r = g->values[n->out[0]].uses[u];

        if (!graph_needs(g, r, &g->values[n->out[0]]))
            continue;
        if (reader >= 0 && reader != r)
            return -1;
        reader = r;
    }
    return reader;
}

/* The only activation a node reads; -1 if there are none or more. */
static int
only_input(const struct graph *g, int node)
{
    const struct node *n = &g->nodes[node];
    int input = -1;

    for (int k = 0; k < n->n_in; k++) {
        if (n->in[k] < 0 || g->values[n->in[k]].constant)
            continue;
        if (input >= 0 && input != n->in[k])
            return -1;
        input = n->in[k];
    }
    return input;
}

static bool
joins_backward(const struct node *n)
{
    return n->kind == OP_FUSE || n->kind == OP_FREE;
}

/* Whether `end` reads `x` and what node `last` made from it, and no other
 * activation. */
static bool
closes_gate(const struct graph *g, int end, const struct value *x, int last)
{
    const struct node *n = &g->nodes[end];

    for (int k = 0; k < n->n_in; k++) {
        const struct value *v = &g->values[n->in[k] >= 0 ? n->in[k] : 0];

        if (n->in[k] >= 0 && v != x && v->producer != last && !v->constant)
            return false;
    }
    return true;
}

/*
 * x goes into `node` and into one other reader, and the way from `node` leads
 * there over elementwise steps: x * sigmoid(x), x * clip(x + 3) / 6.
 */
static bool
opens_gate(const struct graph *g, int node)
{
    int input = only_input(g, node), end = -1, at = node;
    const struct value *x;

    if (input < 0 || g->values[input].output)
        return false;
    x = &g->values[input];
    for (int u = 0; u < x->n_uses; u++) {
        int r = x->uses[u];

        if (r == node || !graph_needs(g, r, x))
            continue;
        if (end >= 0 && end != r)
            return false;
        end = r;
    }
    if (end < 0 || g->nodes[end].part != g->nodes[node].part ||
        !joins_backward(&g->nodes[end]))
        return false;
    for (int step = 0; step < GATE_STEPS && at >= 0; step++) {
        int next = only_reader(g, at);

        if (next == end)
            return closes_gate(g, end, x, at);
        if (next < 0 || !joins_backward(&g->nodes[next]) ||
            only_input(g, next) != g->nodes[at].out[0])
            return false;
        at = next;
    }
    return false;
}

/* The latest group among those that made a node's inputs, or -1. */
static int
latest_group(const struct grouping *gr, const struct node *n)
{
    int latest = -1;

    for (int k = 0; k < n->n_in; k++) {
        int p = n->in[k] >= 0 ? gr->g->values[n->in[k]].producer : -1;
        int id = p >= 0 ? group_of(gr, p) : -1;

        latest = id > latest ? id : latest;
    }
    return latest;
}

/* A node joins the group that made its latest input if that group then still
 * has one way out. */
static int
group_to_join(const struct grouping *gr, int node)
{
    const struct node *n = &gr->g->nodes[node];
    int id = latest_group(gr, n), last;

    if (id < 0 || !joins_backward(n))
        return -1;
    last = gr->groups[id].last;
    if (gr->g->nodes[last].part != n->part)
        return -1;
    if (read_only_by(gr->g, last, node))
        return id;
    return gr->g->nodes[last].n_out == 1 &&
                   only_input(gr->g, node) == gr->g->nodes[last].out[0] &&
                   opens_gate(gr->g, node)
               ? id
               : -1;
}

/* Weak groups that only feed `node` become part of its group: moving them
 * later is safe, nobody else reads them. */
static void
pull_weak(struct grouping *gr, int node, int into)
{
    const struct node *n = &gr->g->nodes[node];

    for (int k = 0; k < n->n_in; k++) {
        int p = n->in[k] >= 0 ? gr->g->values[n->in[k]].producer : -1;
        int id = p >= 0 ? group_of(gr, p) : -1;

        if (id >= 0 && id != into && gr->groups[id].weak &&
            gr->g->nodes[gr->groups[id].last].part == n->part &&
            read_only_by(gr->g, gr->groups[id].last, node))
            gr->groups[id].into = into;
    }
}

/*
 * An elementwise node that found no layer of worth to join takes one along
 * that only feeds it, the latest: moving that later is safe for the same
 * reason.  So Conv+Add stays together where the other input comes later.
 */
static void
pull_strong(struct grouping *gr, int node, int into)
{
    const struct node *n = &gr->g->nodes[node];
    int best = -1;

    for (int k = 0; k < n->n_in; k++) {
        int p = n->in[k] >= 0 ? gr->g->values[n->in[k]].producer : -1;
        int id = p >= 0 ? group_of(gr, p) : -1;

        if (id > best && id != into && !gr->groups[id].weak &&
            gr->g->nodes[gr->groups[id].last].part == n->part &&
            read_only_by(gr->g, gr->groups[id].last, node))
            best = id;
    }
    if (best >= 0) {
        gr->groups[best].into = into;
        gr->groups[into].weak = false;
    }
}

static void
place(struct grouping *gr, int node)
{
    const struct node *n = &gr->g->nodes[node];
    bool weak = n->kind == OP_FREE || n->kind == OP_PRE;
    int id = group_to_join(gr, node);

    if (id < 0) {
        id = gr->n++;
        gr->groups[id] = (struct group){ .into = id, .weak = true };
    }
    gr->of_node[node] = id;
    pull_weak(gr, node, id);
    if (gr->groups[id].weak && joins_backward(n))
        pull_strong(gr, node, id);
    gr->groups[id].last = node;
    gr->groups[id].weak &= weak;
}

/* Merges may be chained, always towards later groups: one sweep backwards
 * makes every group point at where it ended up. */
static void
settle_merges(struct grouping *gr)
{
    for (int id = gr->n - 1; id >= 0; id--)
        gr->groups[id].into = gr->groups[gr->groups[id].into].into;
}

/* Number the groups that are left, in order. */
static int
number_groups(struct grouping *gr, int *layer_of)
{
    int n = 0;

    settle_merges(gr);
    for (int i = 0; i < gr->g->n_nodes; i++)
        layer_of[i] = group_of(gr, i);
    for (int id = 0; id < gr->n; id++)
        gr->groups[id].last = gr->groups[id].into == id ? n++ : -1;
    for (int i = 0; i < gr->g->n_nodes; i++)
        if (layer_of[i] >= 0)
            layer_of[i] = gr->groups[layer_of[i]].last;
    return n;
}

enum status
layers_group(const struct graph *g, int *layer_of, int *n, struct err *err)
{
    struct grouping gr = { .g = g };

    gr.groups = calloc((size_t)g->n_nodes, sizeof(*gr.groups));
    gr.of_node = malloc((size_t)g->n_nodes * sizeof(*gr.of_node));
    if (gr.groups == NULL || gr.of_node == NULL) {
        free(gr.groups);
        free(gr.of_node);
        return err_nomem(err);
    }
    for (int i = 0; i < g->n_nodes; i++) {
        gr.of_node[i] = -1;
        if (g->nodes[i].live && !g->nodes[i].constant)
            place(&gr, i);
    }
    *n = number_groups(&gr, layer_of);
    free(gr.groups);
    free(gr.of_node);
    return ST_OK;
}
