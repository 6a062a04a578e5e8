/* SPDX-License-Identifier: MIT */
#include "search/model/layer.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "search/model/layer_group.h"

enum { FUSION_TEXT_MAX = 400 };

/* Constant nodes go with their first reader. */
static void
place_constants(struct layers *l, const struct graph *g)
{
    for (int i = g->n_nodes - 1; i >= 0; i--) {
        const struct node *n = &g->nodes[i];
        int first = l->n - 1;

        if (!n->live || !n->constant)
            continue;
        for (int k = 0; k < n->n_out; k++) {
            const struct value *v = &g->values[n->out[k] >= 0 ? n->out[k] : 0];

            for (int u = 0; n->out[k] >= 0 && u < v->n_uses; u++)
                if (g->nodes[v->uses[u]].live && l->of_node[v->uses[u]] < first)
                    first = l->of_node[v->uses[u]];
        }
        l->of_node[i] = first;
    }
}

/* Lists of nodes by layer: a counting sort. */
static void
list_members(struct layers *l, const struct graph *g)
{
    int *next = l->members;

    for (int i = 0; i < g->n_nodes; i++)
        if (l->of_node[i] >= 0)
            l->item[l->of_node[i]].n_nodes++;
    for (int k = 0; k < l->n; k++) {
        l->item[k].nodes = next;
        next += l->item[k].n_nodes;
        l->item[k].n_nodes = 0;
    }
    for (int i = 0; i < g->n_nodes; i++) {
        struct layer *layer;

        if (l->of_node[i] < 0)
            continue;
        layer = &l->item[l->of_node[i]];
        layer->nodes[layer->n_nodes++] = i;
    }
}

static int
worth(const struct node *n)
{
    static const int by_kind[] = { [OP_ANCHOR] = 3,
        [OP_FUSE] = 2,
        [OP_PRE] = 1,
        [OP_FREE] = 1,
        [OP_SHAPE] = 0,
        [OP_RANDOM] = 0,
        [OP_OTHER] = 0 };

    return n->constant ? -1 : by_kind[n->kind];
}

/* Find a layer's anchor and what crosses its border.  `work` holds its nodes
 * without constant ones, which the region finds by itself. */
static enum status
finish_layer(struct layer *l, struct graph *g, int *work, struct err *err)
{
    int n = 0;

    l->anchor = l->nodes[0];
    for (int i = 0; i < l->n_nodes; i++) {
        const struct node *node = &g->nodes[l->nodes[i]];

        if (worth(node) > worth(&g->nodes[l->anchor]))
            l->anchor = l->nodes[i];
        if (!node->constant)
            work[n++] = l->nodes[i];
    }
    l->part = g->nodes[l->anchor].part;
    return region_build(&l->region, g, work, n, NULL, 0, err);
}

static enum status
finish_layers(struct layers *l, struct graph *g, int *work, struct err *err)
{
    int64_t parts = 0;
    enum status st = ST_OK;

    for (int i = 0; i < l->n && st == ST_OK; i++) {
        st = finish_layer(&l->item[i], g, work, err);
        parts += l->item[i].region.n_nodes + l->item[i].region.n_weights;
        if (st == ST_OK && parts > LAYERS_MAX_PARTS)
            st = err_set(err, ST_UNPROCESSABLE, "model.too_large",
                "too many layers need the same constants: fold them when "
                "exporting; layer %.100s is the last that fits",
                g->nodes[l->item[i].anchor].name);
    }
    return st;
}

enum status
layers_build(struct layers *l, struct graph *g, struct err *err)
{
    size_t n = (size_t)g->n_nodes;
    int *work = malloc(n * sizeof(*work));
    enum status st;

    *l = (struct layers){ 0 };
    l->of_node = malloc(n * sizeof(*l->of_node));
    l->members = malloc(n * sizeof(*l->members));
    l->item = calloc(n, sizeof(*l->item));
    if (work == NULL || l->of_node == NULL || l->members == NULL ||
        l->item == NULL)
        st = err_nomem(err);
    else
        st = layers_group(g, l->of_node, &l->n, err);
    if (st == ST_OK) {
        place_constants(l, g);
        list_members(l, g);
        st = finish_layers(l, g, work, err);
    }
    free(work);
    if (st != ST_OK)
        layers_clear(l);
    return st;
}

void
layers_clear(struct layers *l)
{
    for (int i = 0; i < l->n; i++)
        region_clear(&l->item[i].region);
    free(l->item);
    free(l->of_node);
    free(l->members);
    *l = (struct layers){ 0 };
}

char *
layer_fusion_text(const struct layer *l, const struct graph *g)
{
    struct buf b;
    size_t len;
    bool first = true;
    enum status st = ST_OK;

    buf_init(&b, FUSION_TEXT_MAX);
    for (int i = 0; i < l->n_nodes && st == ST_OK; i++) {
        const struct node *n = &g->nodes[l->nodes[i]];

        if (n->constant)
            continue;
        st = buf_addf(&b, NULL, "%s%s", first ? "" : "+", n->proto->op_type);
        first = false;
    }
    if (st == ST_NOMEM) {
        buf_clear(&b);
        return NULL;
    }
    return buf_take(&b, &len);
}
