/* SPDX-License-Identifier: MIT */
/* Looking at the triples of a cube: the cheapest, or all that a front wants. */
#include <string.h>

#include "search/solve/cube_internal.h"
#include "search/solve/wide.h"

/* Labels of the first two exits; the third's run along the strip. */
struct strip {
    int a, b;
    int64_t cost, right;          /* of a and b */
    int64_t head;                 /* what keeping the third adds */
    bool keep, drop;              /* whether it may be kept, dropped */
    const int32_t *weight, *gain; /* past it, by its label */
};

typedef void strip_visit(const struct cube *c, const struct strip *s, void *x);

/* Limits that link the three exits to each other and to the rest. */
static bool
allowed(const struct cube *c, const struct cube_base *b, int first, int second,
    int third)
{
    int64_t heads = b->heads + first * c->head[0] + second * c->head[1] +
                    third * c->head[2];

    return !c->p->empty && heads <= c->p->spare &&
           b->kept + first + second + third <= c->p->max_early;
}

/* A strip of what was added, as running sums. */
INLINE const int32_t *
sums_of(const struct cube *c, const int32_t *cell)
{
    int32_t weight = 0, gain = 0;

    if (!c->raw)
        return cell;
    for (size_t x = 0; x < c->stride; x++) {
        c->strip[x] = weight += cell[x];
        c->strip[c->stride + x] = gain += cell[c->stride + x];
    }
    return c->strip;
}

INLINE void
add_strip(int32_t *restrict run, int32_t *restrict sum,
    const int32_t *restrict cell, size_t n)
{
    for (size_t x = 0; x < n; x += LANES)
        for (size_t y = 0; y < LANES; y++) {
            run[x + y] += cell[x + y];
            sum[x + y] += run[x + y];
        }
}

/* Visit all strips, keeping running sums over the first two exits' ranks. */
INLINE void
scan(struct cube *c, const struct cube_base *b, strip_visit *visit, void *x)
{
    size_t nb = (size_t)c->m[1] + 1, len = 2 * c->stride;
    int64_t first = 0, first_right = 0;

    memset(c->sum, 0, nb * len * sizeof(*c->sum));
    memset(c->past, 0, nb * sizeof(*c->past));
    for (int a = 0; a <= c->m[0]; a++) {
        const struct pair *plane = c->plane + (size_t)a * nb;
        const int32_t *cell = c->cell + (size_t)a * nb * len;
        struct pair run = { 0 };
        bool ka = a < c->m[0];

        first += c->line[a].weight;
        first_right += c->line[a].right;
        memset(c->run, 0, len * sizeof(*c->run));
        for (size_t at = 0; at < nb; at++) {
            bool kb = (int)at < c->m[1];
            struct pair *past = &c->past[at];
            int32_t *sum = c->sum + at * len;
            struct strip s = { .a = a, .b = (int)at };

            past->weight += run.weight += plane[at].weight;
            past->right += run.right += plane[at].right;
            add_strip(c->run, sum, sums_of(c, cell + at * len), len);
            if ((!ka && !c->span[0].off) || (!kb && !c->span[1].off))
                continue;
            s.keep = c->m[2] > 0 && allowed(c, b, ka, kb, 1);
            s.drop = c->span[2].off && allowed(c, b, ka, kb, 0);
            s.cost = b->cost + first * (c->seg[1] + (kb ? c->head[1] : 0)) +
                     c->point.weight * (c->seg[0] + (ka ? c->head[0] : 0)) +
                     past->weight * c->seg[2];
            s.right = b->right + c->point.right + first_right + past->right;
            s.head = past->weight * c->head[2];
            s.weight = sum;
            s.gain = sum + c->stride;
            visit(c, &s, x);
        }
    }
}

static void
choose(const struct cube *c, const struct cube_base *b, const struct strip *s,
    int last, struct labels *lab)
{
    const int r[3] = { s->a, s->b, last };

    *lab = b->lab;
    for (int x = 0; x < 3; x++)
        if (c->exit[x] >= 0)
            lab->at[c->exit[x]] =
                span_label(c->p, &c->span[x], c->exit[x], r[x]);
}

struct best_ctx {
    const struct cube_base *base;
    int64_t floor;
    struct pick *best;
    bool improved;
};

/* Cost and right answers of a strip's label. */
static inline struct pick
at_label(const struct cube *c, const struct strip *s, int last)
{
    struct pick p;

    p.cost =
        s->cost + (last < c->m[2] ? s->head : 0) + s->weight[last] * c->seg[3];
    p.right = s->right + s->gain[last];
    return p;
}

static void
best_take(
    const struct cube *c, const struct strip *s, int last, struct best_ctx *x)
{
    struct pick at = at_label(c, s, last);

    if (at.right < x->floor || !pick_better(&at, x->best))
        return;
    choose(c, x->base, s, last, &at.lab);
    *x->best = at;
    x->improved = true;
}

/* Whether a kept label, or what pads the strip, has at most so much weight
 * and at least so much gain. */
INLINE bool
strip_has(
    const struct cube *c, const struct strip *s, int32_t weight, int32_t gain)
{
    const int32_t *restrict w = s->weight, *restrict g = s->gain;
    int32_t hits = 0;

    for (size_t x = 0; x < c->stride; x++)
        hits |= (w[x] <= weight) & (g[x] >= gain);
    return hits;
}

INLINE void
best_strip(const struct cube *c, const struct strip *s, void *ctx)
{
    struct best_ctx *x = ctx;
    int64_t spare = x->best->cost - s->cost - s->head, weight = INT32_MAX;
    int64_t gain = x->floor - s->right;

    if (gain > INT32_MAX)
        return;
    gain = gain < INT32_MIN ? INT32_MIN : gain;
    if (c->seg[3] > 0 && spare / c->seg[3] < weight)
        weight = spare / c->seg[3];
    if (s->keep && spare >= 0 &&
        strip_has(c, s, (int32_t)weight, (int32_t)gain))
        for (int l = 0; l < c->m[2]; l++)
            best_take(c, s, l, x);
    if (s->drop)
        best_take(c, s, c->m[2], x);
}

WIDE bool
cube_best(
    struct cube *c, const struct cube_base *b, int64_t floor, struct pick *best)
{
    struct best_ctx x = { b, floor, best, false };

    scan(c, b, best_strip, &x);
    return x.improved;
}

struct front_ctx {
    const struct cube_base *base;
    struct front *front;
};

static void
front_take(
    const struct cube *c, const struct strip *s, int last, struct front_ctx *x)
{
    struct pick at = at_label(c, s, last);

    if (!front_wants(x->front, at.cost, at.right))
        return;
    choose(c, x->base, s, last, &at.lab);
    front_put(x->front, at.cost, at.right, &at.lab);
}

/* The greatest of LANES numbers. */
INLINE int32_t
most_of(const int32_t *v)
{
    int32_t most[LANES / 2];

    for (int y = 0; y < LANES / 2; y++)
        most[y] = v[y] > v[y + LANES / 2] ? v[y] : v[y + LANES / 2];
    for (int y = 1; y < LANES / 2; y++)
        most[0] = most[y] > most[0] ? most[y] : most[0];
    return most[0];
}

/* Of LANES labels, the front wants nothing if it does not want their least
 * cost, that of the first, with their most right answers. */
INLINE void
front_strip(const struct cube *c, const struct strip *s, void *ctx)
{
    struct front_ctx *x = ctx;
    int64_t cost = s->cost + s->head;

    for (int l = 0; s->keep && l < c->m[2]; l += LANES) {
        int end = l + LANES < c->m[2] ? l + LANES : c->m[2];

        if (front_wants(x->front, cost + s->weight[l] * c->seg[3],
                s->right + most_of(s->gain + l)))
            for (int at = l; at < end; at++)
                front_take(c, s, at, x);
    }
    if (s->drop)
        front_take(c, s, c->m[2], x);
}

WIDE void
cube_front(struct cube *c, const struct cube_base *b, struct front *f)
{
    struct front_ctx x = { b, f };

    scan(c, b, front_strip, &x);
}
