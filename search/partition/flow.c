/* SPDX-License-Identifier: MIT */
#include "search/partition/flow.h"

#include <stdlib.h>
#include <string.h>

/* Arc 2k and its reverse 2k+1. */
struct arc {
    uint32_t to, next; /* `next` of the same tail, or NONE */
    int64_t left;
};

#define NONE UINT32_MAX

struct flow {
    size_t nodes;
    uint32_t arcs;
    struct arc *arc;   /* owned */
    uint32_t *first;   /* owned, [nodes] */
    uint32_t *current; /* owned, [nodes]: the arc to go on with */
    uint32_t *level;   /* owned, [nodes], NONE: not reached */
    uint32_t *queue;   /* owned, [nodes]; also the path's arcs */
};

enum status
flow_new(struct flow **out, size_t nodes, size_t arcs, struct err *err)
{
    struct flow *f = calloc(1, sizeof(*f));

    *out = NULL;
    if (f == NULL)
        return err_nomem(err);
    f->nodes = nodes;
    f->arc = malloc((2 * arcs + 1) * sizeof(*f->arc));
    f->first = malloc(nodes * sizeof(*f->first));
    f->current = malloc(nodes * sizeof(*f->current));
    f->level = malloc(nodes * sizeof(*f->level));
    f->queue = malloc(nodes * sizeof(*f->queue));
    if (!f->arc || !f->first || !f->current || !f->level || !f->queue) {
        flow_free(f);
        return err_nomem(err);
    }
    memset(f->first, 0xff, nodes * sizeof(*f->first));
    *out = f;
    return ST_OK;
}

void
flow_free(struct flow *f)
{
    if (f == NULL)
        return;
    free(f->arc);
    free(f->first);
    free(f->current);
    free(f->level);
    free(f->queue);
    free(f);
}

static void
half_arc(struct flow *f, size_t from, size_t to, int64_t capacity)
{
    f->arc[f->arcs] = (struct arc){ (uint32_t)to, f->first[from], capacity };
    f->first[from] = f->arcs++;
}

void
flow_arc(struct flow *f, size_t from, size_t to, int64_t capacity)
{
    half_arc(f, from, to, capacity);
    half_arc(f, to, from, 0);
}

/* Distances from the source over arcs with capacity left. */
static void
set_levels(struct flow *f, size_t source)
{
    size_t head = 0, tail = 0;

    memset(f->level, 0xff, f->nodes * sizeof(*f->level));
    f->level[source] = 0;
    f->queue[tail++] = (uint32_t)source;
    while (head < tail) {
        uint32_t v = f->queue[head++];

        for (uint32_t a = f->first[v]; a != NONE; a = f->arc[a].next) {
            uint32_t to = f->arc[a].to;

            if (f->arc[a].left > 0 && f->level[to] == NONE) {
                f->level[to] = f->level[v] + 1;
                f->queue[tail++] = to;
            }
        }
    }
}

/* Send as much as the path of `depth` arcs in the queue carries, and tell how
 * far back its first full arc lies. */
static size_t
augment(struct flow *f, size_t depth)
{
    int64_t least = FLOW_INFINITE;
    size_t full = depth;

    for (size_t i = 0; i < depth; i++)
        if (f->arc[f->queue[i]].left < least)
            least = f->arc[f->queue[i]].left;
    for (size_t i = depth; i-- > 0;) {
        f->arc[f->queue[i]].left -= least;
        f->arc[f->queue[i] ^ 1].left += least;
        if (f->arc[f->queue[i]].left == 0)
            full = i;
    }
    return full;
}

/* One blocking flow: walk along rising levels, without recursion. */
static void
block(struct flow *f, uint32_t source, uint32_t sink)
{
    size_t depth = 0;
    uint32_t v = source;

    memcpy(f->current, f->first, f->nodes * sizeof(*f->first));
    for (;;) {
        uint32_t a = f->current[v];

        if (v == sink) {
            depth = augment(f, depth);
            v = f->arc[f->queue[depth] ^ 1].to;
            continue;
        }
        while (a != NONE && (f->arc[a].left == 0 ||
                                f->level[f->arc[a].to] != f->level[v] + 1))
            a = f->arc[a].next;
        f->current[v] = a;
        if (a != NONE) {
            f->queue[depth++] = a;
            v = f->arc[a].to;
        } else if (v == source) {
            return;
        } else {
            v = f->arc[f->queue[--depth] ^ 1].to;
            f->current[v] = f->arc[f->current[v]].next;
        }
    }
}

int64_t
flow_min_cut(struct flow *f, size_t source, size_t sink, uint8_t *side)
{
    int64_t cut = 0;

    for (set_levels(f, source); f->level[sink] != NONE; set_levels(f, source))
        block(f, (uint32_t)source, (uint32_t)sink);
    for (size_t v = 0; v < f->nodes; v++)
        side[v] = f->level[v] != NONE;
    /* what flows over a forward arc is what its reverse has gained */
    for (uint32_t a = 0; a < f->arcs; a += 2)
        if (side[f->arc[a ^ 1].to] && !side[f->arc[a].to])
            cut += f->arc[a ^ 1].left;
    return cut;
}
