/* SPDX-License-Identifier: MIT */
#include "search/solve/front.h"

#include <stdlib.h>
#include <string.h>

enum { FRONT_RANGE_MAX = 1 << 22 };

bool
front_fits(const struct prob *p, int64_t lo, int64_t hi)
{
    return lo >= 0 && hi <= p->total && hi - lo < FRONT_RANGE_MAX;
}

enum status
front_init(struct front *f, const struct prob *p, int64_t lo, int64_t hi,
    struct err *err)
{
    size_t n = hi < lo ? 0 : (size_t)(hi - lo + 1);

    *f = (struct front){ .p = p, .lo = lo, .hi = hi };
    f->cost = malloc((n + 1) * sizeof(*f->cost));
    f->least = malloc((n + 1) * sizeof(*f->least));
    f->label = malloc((n * (size_t)p->k + 1) * sizeof(*f->label));
    if (f->cost == NULL || f->least == NULL || f->label == NULL) {
        front_clear(f);
        return err_nomem(err);
    }
    for (size_t i = 0; i < n; i++)
        f->cost[i] = f->least[i] = INT64_MAX;
    return ST_OK;
}

void
front_clear(struct front *f)
{
    free(f->cost);
    free(f->least);
    free(f->label);
    *f = (struct front){ 0 };
}

void
front_put(
    struct front *f, int64_t cost, int64_t right, const struct labels *lab)
{
    size_t i = (size_t)(right - f->lo), k = (size_t)f->p->k;

    f->cost[i] = cost;
    for (size_t r = i + 1; r > 0 && f->least[r - 1] > cost; r--)
        f->least[r - 1] = cost;
    memcpy(f->label + i * k, lab->at, k * sizeof(*f->label));
}

void
front_offer(struct front *f, const struct pick *c)
{
    if (c->cost != INT64_MAX && front_wants(f, c->cost, c->right))
        front_put(f, c->cost, c->right, &c->lab);
}

void
front_thin(struct front *f)
{
    int64_t best = INT64_MAX;

    for (int64_t r = f->hi; r >= f->lo; r--) {
        int64_t *c = &f->cost[r - f->lo];

        if (*c >= best)
            *c = INT64_MAX;
        else
            best = *c;
    }
}

void
front_get(const struct front *f, int64_t right, struct pick *out)
{
    size_t i = (size_t)(right - f->lo), k = (size_t)f->p->k;

    *out = (struct pick){ .cost = f->cost[i], .right = right };
    memcpy(out->lab.at, f->label + i * k, k * sizeof(*f->label));
}
