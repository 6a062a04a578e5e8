/* SPDX-License-Identifier: MIT */
#include "search/solve/rows.h"

#include <stdlib.h>
#include <string.h>

/* Row i as one block of bytes: its bins, then its answers as bits. */
static void
row_pack(const struct prob *p, size_t i, uint16_t *out)
{
    uint64_t bits = 0;

    for (int j = 0; j < p->k; j++)
        out[j] = p->bin[(size_t)j * p->n + i];
    for (int j = 0; j <= p->k; j++)
        bits |= (uint64_t)p->right[(size_t)j * p->n + i] << j;
    memcpy(out + p->k, &bits, sizeof(bits));
}

enum status
row_table_init(struct row_table *t, size_t room, int exits, struct err *err)
{
    *t = (struct row_table){ .words = (size_t)exits + 4, .slots = 1 };
    while (t->slots < 2 * room)
        t->slots *= 2;
    t->row = malloc((room + 1) * t->words * sizeof(*t->row));
    t->slot = malloc(t->slots * sizeof(*t->slot));
    if (t->row == NULL || t->slot == NULL) {
        row_table_clear(t);
        return err_nomem(err);
    }
    row_table_empty(t);
    return ST_OK;
}

void
row_table_clear(struct row_table *t)
{
    free(t->row);
    free(t->slot);
    *t = (struct row_table){ 0 };
}

void
row_table_empty(struct row_table *t)
{
    memset(t->slot, 0xff, t->slots * sizeof(*t->slot));
    t->n = 0;
}

/* FNV-1a over 16-bit words, then mixed so that low bits are good. */
static uint64_t
row_hash(const uint16_t *row, size_t words)
{
    uint64_t h = UINT64_C(1469598103934665603);

    for (size_t i = 0; i < words; i++)
        h = (h ^ row[i]) * UINT64_C(1099511628211);
    return h ^ (h >> 29);
}

uint32_t
row_table_put(struct row_table *t)
{
    const uint16_t *row = row_table_next(t);
    size_t s = row_hash(row, t->words) & (t->slots - 1);

    while (t->slot[s] != UINT32_MAX && memcmp(t->row + t->slot[s] * t->words,
                                           row, t->words * sizeof(*row)) != 0)
        s = (s + 1) & (t->slots - 1);
    if (t->slot[s] == UINT32_MAX)
        t->slot[s] = (uint32_t)t->n++;
    return t->slot[s];
}

/* Move the kept rows to the front of a column of `size`-byte values. */
static void
column_pick(void *column, size_t size, const uint32_t *from, size_t m)
{
    char *c = column;

    for (size_t i = 0; i < m; i++)
        memmove(c + i * size, c + from[i] * size, size);
}

/* Columns were n apart and become m apart; from[] ascends. */
static void
columns_pick(struct prob *p, const uint32_t *from, size_t m)
{
    for (int j = 0; j < p->k; j++) {
        uint16_t *c = p->bin + (size_t)j * p->n;

        column_pick(c, sizeof(*c), from, m);
        memmove(p->bin + (size_t)j * m, c, m * sizeof(*c));
    }
    for (int j = 0; j <= p->k; j++) {
        uint8_t *c = p->right + (size_t)j * p->n;

        column_pick(c, sizeof(*c), from, m);
        memmove(p->right + (size_t)j * m, c, m * sizeof(*c));
    }
    p->n = m;
}

enum status
rows_join(struct prob *p, struct err *err)
{
    uint32_t *from = malloc(p->n * sizeof(*from));
    struct row_table t;
    enum status st;

    if (from == NULL)
        return err_nomem(err);
    if ((st = row_table_init(&t, p->n, p->k, err)) != ST_OK) {
        free(from);
        return st;
    }
    for (size_t i = 0; i < p->n; i++) {
        size_t before = t.n, at;

        row_pack(p, i, row_table_next(&t));
        at = row_table_put(&t);
        if (t.n > before) {
            p->weight[at] = p->weight[i];
            from[at] = (uint32_t)i;
        } else {
            p->weight[at] += p->weight[i];
        }
        p->row[i] = (uint32_t)at;
    }
    columns_pick(p, from, t.n);
    row_table_clear(&t);
    free(from);
    return ST_OK;
}
