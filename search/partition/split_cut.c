/* SPDX-License-Identifier: MIT */
#include "search/partition/split_cut.h"

#include <stdlib.h>
#include <string.h>

#include "search/partition/flow.h"

/* Nodes: layer i is i, its tensor n + i; the network's input is the last
 * tensor; then source and sink. */
struct nodes {
    size_t tensor, input, source, sink, all;
};

static void
add_tensor(struct flow *f, size_t from, size_t tensor, int64_t bytes,
    const struct dag_link *l, const struct split_weights *w)
{
    flow_arc(f, from, tensor, w->link * (l->base_ps + bytes * l->byte_ps));
}

static void
add_layer(struct flow *f, const struct dag *d, size_t i, const struct nodes *at,
    const struct split_weights *w)
{
    const struct dag_layer *x = &d->layer[i];

    flow_arc(f, at->source, i, w->second * x->second_ps);
    flow_arc(f, i, at->sink, w->first * x->first_ps);
    for (size_t k = 0; k < x->n_reads; k++) {
        size_t from = (size_t)x->reads[k];

        if (x->reads[k] == DAG_INPUT) {
            flow_arc(f, at->input, i, FLOW_INFINITE);
            continue;
        }
        flow_arc(f, at->tensor + from, i, FLOW_INFINITE);
        flow_arc(f, i, from, FLOW_INFINITE); /* nothing comes back */
    }
}

enum status
split_cut(const struct dag *d, const struct dag_link *l,
    const struct split_weights *w, uint8_t *on_first, int64_t *value,
    struct err *err)
{
    struct nodes at = { d->n, 2 * d->n, 2 * d->n + 1, 2 * d->n + 2,
        2 * d->n + 3 };
    size_t arcs = 3 * d->n + 1;
    uint8_t *side = malloc(at.all);
    struct flow *f = NULL;
    enum status st;

    for (size_t i = 0; i < d->n; i++)
        arcs += 2 * d->layer[i].n_reads;
    st = flow_new(&f, at.all, arcs, err);
    if (st == ST_OK && side == NULL)
        st = err_nomem(err);
    if (st == ST_OK) {
        add_tensor(f, at.source, at.input, d->input_bytes, l, w);
        for (size_t i = 0; i < d->n; i++) {
            add_layer(f, d, i, &at, w);
            add_tensor(f, i, at.tensor + i, d->layer[i].bytes, l, w);
        }
        *value = flow_min_cut(f, at.source, at.sink, side);
        memcpy(on_first, side, d->n);
    }
    flow_free(f);
    free(side);
    return st;
}
