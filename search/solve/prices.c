/* SPDX-License-Identifier: MIT */
#include "search/solve/prices.h"

#include <stdlib.h>
#include <string.h>

struct prices *
prices_take(const struct dual *d, const struct join *j)
{
    size_t bytes = (size_t)d->k * d->n * sizeof(int32_t);
    size_t map = j->whole->n * sizeof(*j->map);
    struct prices *x = calloc(1, sizeof(*x));

    if (x == NULL)
        return NULL;
    x->refs = 1;
    x->wrong = d->wrong;
    x->n = d->n;
    x->map = malloc(map);
    x->accept = malloc(bytes);
    x->refuse = malloc(bytes);
    if (x->map == NULL || x->accept == NULL || x->refuse == NULL) {
        prices_drop(x);
        return NULL;
    }
    memcpy(x->map, j->map, map);
    memcpy(x->accept, d->accept, bytes);
    memcpy(x->refuse, d->refuse, bytes);
    return x;
}

void
prices_load(struct dual *d, struct join *j, const struct prices *x)
{
    size_t bytes = (size_t)d->k * x->n * sizeof(int32_t);

    join_start(j, x->map, x->n);
    d->n = x->n;
    memcpy(d->accept, x->accept, bytes);
    memcpy(d->refuse, x->refuse, bytes);
    dual_restart(d, x->wrong);
}

void
prices_spread(struct dual *d, struct join *j, const struct prices *x)
{
    size_t n = j->whole->n;

    join_start(j, NULL, 0);
    d->n = n;
    for (int e = 0; e < d->k; e++)
        for (size_t i = 0; i < n; i++) {
            size_t from = (size_t)e * x->n + x->map[i];

            d->accept[(size_t)e * n + i] = x->accept[from];
            d->refuse[(size_t)e * n + i] = x->refuse[from];
        }
    dual_restart(d, x->wrong);
}

void
prices_join(struct dual *d, struct join *j, const struct box *b)
{
    join_box(j, b);
    dual_join(d, j->to, j->was_weight);
}

void
prices_drop(struct prices *x)
{
    if (x == NULL || atomic_fetch_sub(&x->refs, 1) > 1)
        return;
    free(x->map);
    free(x->accept);
    free(x->refuse);
    free(x);
}
