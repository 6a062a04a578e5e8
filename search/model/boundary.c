/* SPDX-License-Identifier: MIT */
#include "search/model/boundary.h"

#include <stdlib.h>

#include "search/model/count.h"

static bool
is_backbone(const struct layer *l)
{
    return l->part % 2 == 0;
}

/* For each value the last layer that reads it, of those asked for; -1: none.
 * The caller frees. */
static int *
last_readers(const struct layers *l, const struct graph *g, bool heads)
{
    int *last = malloc(((size_t)g->n_values + 1) * sizeof(*last));

    for (int v = 0; last != NULL && v < g->n_values; v++)
        last[v] = -1;
    for (int i = 0; last != NULL && i < l->n; i++) {
        const struct region *r = &l->item[i].region;

        for (int k = 0; k < r->n_in && (heads || is_backbone(&l->item[i])); k++)
            last[r->in[k]] = i;
    }
    return last;
}

/* What is needed after the current layer: how many values, and the sum of
 * their numbers, which is the number itself where there is one. */
struct live {
    int n;
    int64_t sum;
};

static void
live_add(struct live *a, int value, int sign)
{
    a->n += sign;
    a->sum += (int64_t)sign * value;
}

/* Drop what layer `i` read last, add what it made for later ones. */
static void
live_step(struct live *a, const struct region *r, const int *last, int i)
{
    for (int k = 0; k < r->n_in; k++)
        if (last[r->in[k]] == i)
            live_add(a, r->in[k], -1);
    for (int k = 0; k < r->n_out; k++)
        if (last[r->out[k]] > i)
            live_add(a, r->out[k], 1);
}

enum status
boundaries_find(struct boundary **out, int *n, const struct layers *l,
    const struct graph *g, struct err *err)
{
    int *last = last_readers(l, g, false);
    struct boundary *b = calloc((size_t)l->n + 1, sizeof(*b));
    struct live live = { 0 };

    *n = 0;
    if (last == NULL || b == NULL) {
        free(last);
        free(b);
        return err_nomem(err);
    }
    for (int v = 0; v < g->n_inputs; v++)
        if (last[g->inputs[v]] >= 0)
            live_add(&live, g->inputs[v], 1);
    for (int i = 0; i < l->n; i++) {
        if (!is_backbone(&l->item[i]))
            continue;
        live_step(&live, &l->item[i].region, last, i);
        /* A lone input that is still unread is no cut: all work is behind. */
        if (live.n == 1 && !g->values[live.sum].input)
            b[(*n)++] = (struct boundary){ i, (int)live.sum };
    }
    free(last);
    *out = b;
    return ST_OK;
}

enum status
peak_activation_bytes(int64_t *peak, const struct layers *l,
    const struct graph *g, struct err *err)
{
    int *last = last_readers(l, g, true);
    int64_t held = 0;

    if (last == NULL)
        return err_nomem(err);
    *peak = 0;
    for (int v = 0; v < g->n_inputs; v++)
        held += count_value_bytes(&g->values[g->inputs[v]]);
    for (int i = 0; i < l->n; i++) {
        const struct region *r = &l->item[i].region;

        for (int k = 0; k < r->n_out; k++)
            held += count_value_bytes(&g->values[r->out[k]]);
        *peak = held > *peak ? held : *peak;
        for (int k = 0; k < r->n_in; k++)
            if (last[r->in[k]] == i && !g->values[r->in[k]].output)
                held -= count_value_bytes(&g->values[r->in[k]]);
        for (int k = 0; k < r->n_out; k++)
            if (last[r->out[k]] < 0 && !g->values[r->out[k]].output)
                held -= count_value_bytes(&g->values[r->out[k]]);
    }
    free(last);
    return ST_OK;
}
