/* SPDX-License-Identifier: MIT */
#include "search/solve/cube.h"

#include <stdlib.h>
#include <string.h>

#include "search/solve/wide.h"

enum {
    LANES = 8,       /* strips are whole vectors */
    LAST_LONG = 256, /* labels of the last exit from which on a row is only
                        counted in one cell, and added up when looked at */
};

/* Rows, by weight: how many go on, and how many more are right if they do. */
struct pair {
    int32_t weight, right;
};

/* What the cube needs of a row: its ranks, and what going on past the exits
 * changes. */
struct key {
    uint32_t strip; /* ranks at the first two */
    uint16_t first, last;
    int32_t weight;
    int8_t right, gain[3]; /* at the first; past each */
};

struct cube {
    const struct prob *p; /* borrowed */
    struct span span[3];
    int exit[3], m[3];
    int64_t seg[4], head[3]; /* between the exits that are kept */
    size_t stride;           /* of weights in a strip; then as many rights */
    bool raw;                /* strips hold what was added, not sums */
    uint16_t *none;          /* owned, [n]: the column of an exit of -1 */
    struct key *key;         /* owned, [n] */
    int32_t *cell;           /* owned, [m0 + 1][m1 + 1][2][stride] */
    struct pair *plane;      /* owned, [m0 + 1][m1 + 1] */
    struct pair *line;       /* owned, [m0 + 1] */
    struct pair point;
    struct pair *past; /* owned, [m1 + 1]: running sums */
    int32_t *run;      /* owned, [2][stride]: over the second's ranks */
    int32_t *sum;      /* owned, [m1 + 1][2][stride]: and the first's */
    int32_t *strip;    /* owned, [2][stride]: over the last's, where raw */
};

bool
cube_fits(const struct prob *p)
{
    return p->total <= INT32_MAX;
}

static size_t
stride_of(const struct span *last)
{
    return ((size_t)last->m + LANES) / LANES * LANES;
}

size_t
cube_cells(const struct span span[3])
{
    return ((size_t)span[0].m + 1) * ((size_t)span[1].m + 1) * 2 *
           stride_of(&span[2]);
}

enum status
cube_new(struct cube **out, const struct prob *p, const struct span span[3],
    struct err *err)
{
    struct cube *c = calloc(1, sizeof(*c));
    size_t a = (size_t)span[0].m + 1, b = (size_t)span[1].m + 1;
    size_t strip = 2 * stride_of(&span[2]);

    *out = NULL;
    if (c == NULL)
        return err_nomem(err);
    c->p = p;
    c->none = calloc(p->n, sizeof(*c->none));
    c->key = malloc(p->n * sizeof(*c->key));
    c->cell = malloc(a * b * strip * sizeof(*c->cell));
    c->plane = malloc(a * b * sizeof(*c->plane));
    c->line = malloc(a * sizeof(*c->line));
    c->past = malloc(b * sizeof(*c->past));
    c->run = malloc(strip * sizeof(*c->run));
    c->sum = malloc(b * strip * sizeof(*c->sum));
    c->strip = malloc(strip * sizeof(*c->strip));
    if (!c->none || !c->key || !c->cell || !c->plane || !c->line || !c->past ||
        !c->run || !c->sum || !c->strip) {
        cube_free(c);
        return err_nomem(err);
    }
    *out = c;
    return ST_OK;
}

void
cube_free(struct cube *c)
{
    if (c == NULL)
        return;
    free(c->none);
    free(c->key);
    free(c->cell);
    free(c->plane);
    free(c->line);
    free(c->past);
    free(c->run);
    free(c->sum);
    free(c->strip);
    free(c);
}

void
cube_clear(struct cube *c)
{
    size_t a = (size_t)c->m[0] + 1, b = (size_t)c->m[1] + 1;

    memset(c->cell, 0, a * b * 2 * c->stride * sizeof(*c->cell));
    memset(c->plane, 0, a * b * sizeof(*c->plane));
    memset(c->line, 0, a * sizeof(*c->line));
    c->point = (struct pair){ 0 };
}

/* Without branches, for all rows: an exit that is not there has rank 0 and
 * answers 0. */
WIDE static void
make_keys(struct cube *c)
{
    const struct prob *p = c->p;
    const uint16_t *bin[3];
    const uint8_t *right[4] = { [3] = p->right + (size_t)p->k * p->n };
    const struct span a = c->span[0], b = c->span[1], l = c->span[2];
    uint32_t line = (uint32_t)c->m[1] + 1;

    for (int x = 0; x < 3; x++) {
        size_t at = (size_t)c->exit[x] * p->n;

        bin[x] = c->exit[x] < 0 ? c->none : p->bin + at;
        right[x] = c->exit[x] < 0 ? (const uint8_t *)c->none : p->right + at;
    }
    for (size_t i = 0; i < p->n; i++) {
        uint32_t first = (uint32_t)span_rank(&a, bin[0][i]);
        int8_t y = (int8_t)right[0][i], z = (int8_t)right[1][i];
        int8_t u = (int8_t)right[2][i], v = (int8_t)right[3][i];

        c->key[i] = (struct key){
            .strip = first * line + (uint32_t)span_rank(&b, bin[1][i]),
            .first = (uint16_t)first,
            .last = (uint16_t)span_rank(&l, bin[2][i]),
            .weight = p->weight[i],
            .right = y,
            .gain = { (int8_t)(z - y), (int8_t)(u - z), (int8_t)(v - u) },
        };
    }
}

void
cube_set(struct cube *c, int from, const int exit[3], const struct span span[3],
    bool often)
{
    const struct prob *p = c->p;
    int at = from;

    for (int x = 0; x < 3; x++) {
        c->exit[x] = exit[x];
        c->span[x] = exit[x] < 0 ? (struct span){ .off = true } : span[x];
        c->m[x] = c->span[x].m;
        c->head[x] = exit[x] < 0 ? 0 : p->head[exit[x]];
        c->seg[x] = 0;
        while (at < exit[x])
            c->seg[x] += p->seg[++at];
    }
    c->seg[3] = 0;
    while (at < p->k)
        c->seg[3] += p->seg[++at];
    c->stride = stride_of(&c->span[2]);
    c->raw = !often || c->m[2] >= LAST_LONG;
    make_keys(c);
    cube_clear(c);
}

/* Add a row to all cells of its strip from its rank on. */
INLINE void
add_sums(int32_t *restrict cell, size_t stride, const struct key *k)
{
    int32_t last = k->last, weight = k->weight, gain = weight * k->gain[2];

    for (size_t x = (size_t)last / LANES * LANES; x < stride; x += LANES)
        for (int32_t y = 0; y < LANES; y++) {
            int32_t in = -((int32_t)x + y >= last);

            cell[x + (size_t)y] += weight & in;
            cell[stride + x + (size_t)y] += gain & in;
        }
}

WIDE void
cube_add(struct cube *c, const uint32_t *rows, size_t n)
{
    size_t stride = c->stride;

    for (size_t i = 0; i < n; i++) {
        const struct key *k = &c->key[rows ? rows[i] : i];
        struct pair *line = &c->line[k->first], *plane = &c->plane[k->strip];
        int32_t *cell = c->cell + k->strip * 2 * stride;

        c->point.weight += k->weight;
        c->point.right += k->weight * k->right;
        line->weight += k->weight;
        line->right += k->weight * k->gain[0];
        plane->weight += k->weight;
        plane->right += k->weight * k->gain[1];
        if (c->raw) {
            cell[k->last] += k->weight;
            cell[stride + k->last] += k->weight * k->gain[2];
        } else {
            add_sums(cell, stride, k);
        }
    }
}

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
