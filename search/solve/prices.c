/* SPDX-License-Identifier: MIT */
#include "search/solve/prices.h"

#include <stdlib.h>
#include <string.h>

struct prices *
prices_take(const struct dual *d)
{
    size_t bytes = (size_t)d->k * d->n * sizeof(int32_t);
    struct prices *x = calloc(1, sizeof(*x));

    if (x == NULL)
        return NULL;
    x->refs = 1;
    x->wrong = d->wrong;
    x->accept = malloc(bytes);
    x->refuse = malloc(bytes);
    if (x->accept == NULL || x->refuse == NULL) {
        prices_drop(x);
        return NULL;
    }
    memcpy(x->accept, d->accept, bytes);
    memcpy(x->refuse, d->refuse, bytes);
    return x;
}

void
prices_load(struct dual *d, const struct prices *x)
{
    size_t bytes = (size_t)d->k * d->n * sizeof(int32_t);

    memcpy(d->accept, x->accept, bytes);
    memcpy(d->refuse, x->refuse, bytes);
    dual_restart(d, x->wrong);
}

void
prices_drop(struct prices *x)
{
    if (x == NULL || atomic_fetch_sub(&x->refs, 1) > 1)
        return;
    free(x->accept);
    free(x->refuse);
    free(x);
}
