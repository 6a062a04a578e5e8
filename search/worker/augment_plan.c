/* SPDX-License-Identifier: MIT */
/* Which heads are tried, and what they read. */
#include "search/worker/augment.h"

#include <stdlib.h>

#include "search/heads/place.h"

static const size_t WHOLE[] = { 1, 1 };

/* Heads whose features are all in memory at once stay below this. */
enum { WIDTH_MAX = 4096 };

/* A grid of at most 4 x 4 windows, or 2 x 2 where that is too wide. */
static enum reject
front_spatial(const struct site *s, struct front *f)
{
    for (size_t most = 4; most >= 2; most /= 2) {
        const size_t sides[] = { most, most };

        *f = front_grid(s, sides);
        if (f->out[0] * f->out[1] < 2)
            return REJECT_NO_EXTENT;
        if (front_width(f) <= WIDTH_MAX / most)
            return REJECT_NOT;
    }
    return REJECT_TOO_WIDE;
}

static enum reject
front_pool(const struct site *s, struct front *f)
{
    *f = front_grid(s, WHOLE);
    return front_width(f) <= WIDTH_MAX ? REJECT_NOT : REJECT_TOO_WIDE;
}

typedef enum reject front_fn(const struct site *s, struct front *f);

static front_fn *const fronts[HEAD_KINDS] = {
    [HEAD_POOL] = front_pool,
    [HEAD_SPATIAL] = front_spatial,
};

/* The place of a front of this site among those asked for already, or a new
 * place. */
static size_t
find_front(struct augment *a, int site, const struct front *f)
{
    size_t i = 0;

    while (i < a->n_fronts &&
           (a->front[i].site != site || !front_equal(&a->front[i].front, f)))
        i++;
    if (i == a->n_fronts)
        a->front[a->n_fronts++] = (struct aug_front){ site, *f, 0 };
    return i;
}

static void
plan_head(struct augment *a, int site, enum head_kind kind)
{
    struct aug_head *h = &a->head[a->n_heads++];
    const struct site *s = &a->plain.site[site];

    *h = (struct aug_head){ .site = site, .head.kind = kind };
    h->reject = fronts[kind](s, &h->head.front);
    if (h->reject == REJECT_NO_EXTENT)
        h->number = (double)(h->head.front.out[0] * h->head.front.out[1]);
    else if (h->reject == REJECT_TOO_WIDE)
        h->number = (double)front_width(&h->head.front);
    else
        h->front = find_front(a, site, &h->head.front);
}

enum status
augment_plan(struct augment *a, struct err *err)
{
    struct plain *p = &a->plain;
    enum status st = place(p, a->opt.rule, (int)a->opt.max_candidates, err);
    size_t column = (size_t)p->classes;

    if (st != ST_OK)
        return st;
    a->head = calloc((size_t)p->n * HEAD_KINDS, sizeof(*a->head));
    a->front = calloc((size_t)p->n * HEAD_KINDS, sizeof(*a->front));
    if (a->head == NULL || a->front == NULL)
        return err_nomem(err);
    for (int i = 0; i < p->n; i++)
        for (int k = 0; k < HEAD_KINDS && p->site[i].reason == SITE_OK; k++)
            if (a->opt.head[k])
                plan_head(a, i, (enum head_kind)k);
    for (size_t i = 0; i < a->n_fronts; i++) {
        a->front[i].column = column;
        column += front_width(&a->front[i].front);
    }
    a->features.width = column;
    return ST_OK;
}
