/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "search/solve/cube_internal.h"
#include "search/solve/wide.h"

/* Labels of the last exit from which on a row is only counted in one cell, and
 * added up when looked at. */
enum { LAST_LONG = 256 };

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
