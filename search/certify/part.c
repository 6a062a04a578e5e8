/* SPDX-License-Identifier: MIT */
#include "search/certify/part.h"

#include <stdlib.h>

void
part_clear(struct part *p)
{
    free(p->score);
    free(p->right);
    free(p->unit);
    *p = (struct part){ 0 };
}

enum status
part_take(struct part *p, const struct solve_data *d, const struct units *u,
    const uint8_t *in, uint8_t want, struct err *err)
{
    size_t exits = (size_t)d->exits, n = 0, at = 0;

    for (size_t i = 0; i < d->n; i++)
        n += in[i] == want;
    *p = (struct part){ .data = *d };
    p->data.n = n;
    p->data.score = p->score = malloc((n * exits + 1) * sizeof(*p->score));
    p->data.right = p->right = malloc(n * exits + 1);
    p->unit = malloc((n + 1) * sizeof(*p->unit));
    if (p->score == NULL || p->right == NULL || p->unit == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < d->n; i++) {
        if (in[i] != want)
            continue;
        for (size_t e = 0; e < exits; e++) {
            p->right[e * n + at] = d->right[e * d->n + i];
            if (e + 1 < exits)
                p->score[e * n + at] = d->score[e * d->n + i];
        }
        p->unit[at++] = (uint32_t)units_of(u, i);
    }
    return ST_OK;
}

int64_t
part_full(const struct part *p)
{
    const struct solve_data *d = &p->data;
    int64_t full = 0;

    for (size_t i = 0; i < d->n; i++)
        full += d->right[(size_t)(d->exits - 1) * d->n + i];
    return full;
}

int
part_leaves_at(const struct solve_data *d, const struct solve_plan *p, size_t i)
{
    int e = 0;

    while (e < d->exits - 1 &&
           !(p->kept >> e & 1 &&
               d->score[(size_t)e * d->n + i] >= p->threshold[e]))
        e++;
    return e;
}
