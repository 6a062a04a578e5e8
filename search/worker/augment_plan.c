/* SPDX-License-Identifier: MIT */
/* Which heads are tried, and what they read. */
#include "search/worker/augment.h"

#include <math.h>
#include <stdlib.h>

#include "search/heads/own.h"
#include "search/heads/place.h"

static const size_t WHOLE[] = { 1, 1 };

/* Heads whose features are all in memory at once stay below this. */
enum { WIDTH_MAX = 4096, CONV_WIDTH_MAX = 1024, HIDDEN = 128 };

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

/* A map of at most 8 x 8 windows whose features stay below a bound: Adam sees
 * it many times. */
static enum reject
front_conv(const struct site *s, struct front *f)
{
    for (size_t most = 8; most >= 2; most /= 2) {
        const size_t sides[] = { most, most };

        *f = front_grid(s, sides);
        if (s->form == FORM_VECTOR || f->out[0] * f->out[1] < 2)
            return REJECT_NO_EXTENT;
        if (front_width(f) <= CONV_WIDTH_MAX)
            return REJECT_NOT;
    }
    return REJECT_TOO_WIDE;
}

static enum reject
front_own(const struct site *s, const struct own *o, struct front *f)
{
    *f = front_grid(s, o->extent);
    return front_width(f) <= WIDTH_MAX ? REJECT_NOT : REJECT_TOO_WIDE;
}

/* ---- layers ---- */

static void
layers_hidden(struct head *h, size_t classes)
{
    const size_t width = front_width(&h->front);

    h->layer[0] =
        (struct head_layer){ .relu = true, .in = width, .out = HIDDEN };
    h->layer[1] = (struct head_layer){ .in = HIDDEN, .out = classes };
    h->n = 2;
}

static void
layers_conv(struct head *h, size_t classes)
{
    const size_t c = h->front.channels;

    h->layer[0] = h->layer[1] =
        (struct head_layer){ .conv = true, .relu = true, .in = c, .out = c };
    h->layer[2] = (struct head_layer){ .in = c, .out = classes };
    h->n = 3;
}

static void
layers_linear(struct head *h, size_t classes)
{
    h->layer[0] =
        (struct head_layer){ .in = front_width(&h->front), .out = classes };
    h->n = 1;
}

/* Front and layers of a head, or why it has none.  `coarse`: where a kind reads
 * a grid or one window, the latter. */
static enum reject
shape_head(struct head *h, const struct site *s, const struct own *own,
    size_t classes, bool coarse)
{
    enum reject why = REJECT_NO_CLASSIFIER;

    switch (h->kind) {
    case HEAD_POOL:
        why = front_pool(s, &h->front);
        layers_linear(h, classes);
        break;
    case HEAD_SPATIAL:
        why = front_spatial(s, &h->front);
        layers_linear(h, classes);
        break;
    case HEAD_HIDDEN:
        why = coarse ? front_pool(s, &h->front) : front_spatial(s, &h->front);
        layers_hidden(h, classes);
        break;
    case HEAD_OWN:
        if (own == NULL)
            break;
        why = front_own(s, own, &h->front);
        own_layers(own, classes, h);
        break;
    case HEAD_CONV:
        why = front_conv(s, &h->front);
        layers_conv(h, classes);
        break;
    case HEAD_KINDS:
        break;
    }
    return why;
}

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
plan_head(struct augment *a, int site, enum head_kind kind,
    const struct own *own, bool coarse)
{
    struct aug_head *h = &a->head[a->n_heads++];
    const struct site *s = &a->plain.site[site];

    *h = (struct aug_head){ .site = site, .head.kind = kind };
    h->reject = shape_head(&h->head, s, own, (size_t)a->plain.classes, coarse);
    if (h->reject == REJECT_NO_EXTENT)
        h->number = (double)(h->head.front.out[0] * h->head.front.out[1]);
    else if (h->reject == REJECT_TOO_WIDE)
        h->number = (double)front_width(&h->head.front);
    else if (h->reject == REJECT_NO_CLASSIFIER)
        h->number = NAN;
    else
        h->front = find_front(a, site, &h->head.front);
}

static void
plan_site(struct augment *a, int site, const struct own *own)
{
    for (int k = 0; k < HEAD_KINDS; k++)
        if (a->opt.head[k])
            plan_head(a, site, (enum head_kind)k, own, true);
    if (a->opt.head[HEAD_HIDDEN] && a->plain.site[site].form != FORM_VECTOR)
        plan_head(a, site, HEAD_HIDDEN, own, false);
}

enum status
augment_plan(struct augment *a, struct err *err)
{
    struct plain *p = &a->plain;
    enum status st = place(p, a->opt.rule, (int)a->opt.max_candidates, err);
    size_t column = (size_t)p->classes;
    struct own own;
    bool found = own_find(&own, p);

    if (st != ST_OK)
        return st;
    a->head = calloc((size_t)p->n * HEADS_A_SITE, sizeof(*a->head));
    a->front = calloc((size_t)p->n * HEADS_A_SITE, sizeof(*a->front));
    if (a->head == NULL || a->front == NULL)
        return err_nomem(err);
    for (int i = 0; i < p->n; i++)
        if (p->site[i].reason == SITE_OK)
            plan_site(a, i, found ? &own : NULL);
    for (size_t i = 0; i < a->n_fronts; i++) {
        a->front[i].column = column;
        column += front_width(&a->front[i].front);
    }
    a->features.width = column;
    return ST_OK;
}
