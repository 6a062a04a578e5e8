/* SPDX-License-Identifier: MIT */
#include "search/solve/join.h"

#include <stdlib.h>
#include <string.h>

enum status
join_init(struct join *j, const struct prob *whole, struct err *err)
{
    size_t n = whole->n, k = (size_t)whole->k;
    enum status st;

    *j = (struct join){ .whole = whole, .p = *whole };
    j->p.bin = malloc((k * n + 1) * sizeof(*j->p.bin));
    j->p.right = malloc((k + 1) * n);
    j->p.weight = malloc(n * sizeof(*j->p.weight));
    j->map = malloc(n * sizeof(*j->map));
    j->rep = malloc(n * sizeof(*j->rep));
    j->to = malloc(n * sizeof(*j->to));
    j->was_weight = malloc(n * sizeof(*j->was_weight));
    j->first = malloc(n * sizeof(*j->first));
    j->weight = malloc(n * sizeof(*j->weight));
    j->order = malloc(n * sizeof(*j->order));
    j->end = malloc(n);
    st = row_table_init(&j->table, n, whole->k, err);
    if (st == ST_OK && (!j->p.bin || !j->p.right || !j->p.weight || !j->map ||
                           !j->rep || !j->to || !j->was_weight || !j->first ||
                           !j->weight || !j->order || !j->end))
        st = err_nomem(err);
    if (st != ST_OK)
        join_clear(j);
    return st;
}

void
join_clear(struct join *j)
{
    if (j->whole == NULL)
        return;
    row_table_clear(&j->table);
    free(j->p.bin);
    free(j->p.right);
    free(j->p.weight);
    free(j->map);
    free(j->rep);
    free(j->to);
    free(j->was_weight);
    free(j->first);
    free(j->weight);
    free(j->order);
    free(j->end);
    *j = (struct join){ 0 };
}

void
join_start(struct join *j, const uint32_t *map, size_t n)
{
    const struct prob *p = j->whole;

    j->p.floor = p->floor;
    j->p.n = map ? n : p->n;
    memset(j->p.weight, 0, j->p.n * sizeof(*j->p.weight));
    for (size_t i = 0; i < p->n; i++) {
        size_t at = map ? map[i] : i;

        j->map[i] = (uint32_t)at;
        j->rep[at] = (uint32_t)i;
        j->p.weight[at] += p->weight[i];
    }
}

/* What a box sees of row i of the whole: its rank at each exit, and then its
 * answers as bits.  The exit that it does not get past. */
static int
see(const struct prob *p, const struct box *b, size_t i, uint16_t *out)
{
    uint64_t bits = 0;
    int end = p->k;

    for (int e = 0; e < p->k; e++) {
        const struct span *s = &b->at[e];
        size_t at = (size_t)e * p->n + i;
        int rank = end < p->k ? 0 : span_rank(s, p->bin[at]);

        out[e] = (uint16_t)rank;
        bits |= (uint64_t)(rank > 0 && p->right[at]) << e;
        if (rank > 0 && rank == s->m && !s->off)
            end = e;
    }
    if (end == p->k)
        bits |= (uint64_t)p->right[(size_t)p->k * p->n + i] << p->k;
    memcpy(out + p->k, &bits, sizeof(bits));
    return end;
}

/* Find rows that look alike: to[], and first[], weight[] and end[] of the
 * distinct ones. */
static void
find_alike(struct join *j, const struct box *b)
{
    struct row_table *t = &j->table;
    bool join = j->whole->total <= INT32_MAX; /* or weights may not fit */

    row_table_empty(t);
    for (size_t i = 0; i < j->p.n; i++) {
        size_t before = t->n, at = before;
        int end = see(j->whole, b, j->rep[i], row_table_next(t));

        if (join)
            at = row_table_put(t);
        else
            t->n++;
        j->to[i] = (uint32_t)at;
        if (at == before) {
            j->first[at] = j->rep[i];
            j->weight[at] = 0;
            j->end[at] = (uint8_t)end;
        }
        j->weight[at] += j->p.weight[i];
    }
}

/* Put the distinct rows in order, those that get furthest first; to[]
 * becomes what it says. */
static void
put_in_order(struct join *j)
{
    size_t m = j->table.n, at[SOLVE_EXITS_MAX + 1] = { 0 };
    int k = j->p.k;

    for (size_t i = 0; i < m; i++)
        at[j->end[i]]++;
    for (int e = k; e >= 0; e--) {
        j->p.live[e] = at[e] + (e < k ? j->p.live[e + 1] : 0);
        at[e] = j->p.live[e] - at[e];
    }
    for (size_t i = 0; i < m; i++) {
        size_t to = at[j->end[i]]++;

        j->order[i] = (uint32_t)to;
        j->rep[to] = j->first[i];
        j->p.weight[to] = j->weight[i];
    }
    for (size_t i = 0; i < j->was; i++)
        j->to[i] = j->order[j->to[i]];
}

/* The columns of what was seen. */
static void
fill_columns(struct join *j, const struct box *b)
{
    const struct row_table *t = &j->table;
    const uint32_t *order = j->order;
    struct prob *p = &j->p;
    size_t n = t->n;

    p->n = n;
    for (int e = 0; e < p->k; e++)
        for (size_t i = 0; i < n; i++)
            p->bin[(size_t)e * n + order[i]] =
                (uint16_t)(b->at[e].lo + t->row[i * t->words + (size_t)e]);
    for (int e = 0; e <= p->k; e++)
        for (size_t i = 0; i < n; i++) {
            uint64_t bits;

            memcpy(&bits, t->row + i * t->words + p->k, sizeof(bits));
            p->right[(size_t)e * n + order[i]] = bits >> e & 1;
        }
}

void
join_box(struct join *j, const struct box *b)
{
    int32_t *weight = j->was_weight;

    j->volume = box_volume(j->whole, b);
    j->was = j->p.n;
    find_alike(j, b);
    j->was_weight = j->p.weight;
    j->p.weight = weight;
    put_in_order(j);
    fill_columns(j, b);
    for (size_t i = 0; i < j->whole->n; i++)
        j->map[i] = j->to[j->map[i]];
}
