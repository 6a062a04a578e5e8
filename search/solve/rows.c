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

/* FNV-1a over 16-bit words, then mixed so that low bits are good. */
static uint64_t
row_hash(const uint16_t *row, size_t words)
{
    uint64_t h = UINT64_C(1469598103934665603);

    for (size_t i = 0; i < words; i++)
        h = (h ^ row[i]) * UINT64_C(1099511628211);
    return h ^ (h >> 29);
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
    size_t words = (size_t)p->k + 4, slots = 1, m = 0;
    uint16_t *rows;
    uint32_t *slot, *from;
    enum status st = ST_OK;

    while (slots < 2 * p->n)
        slots *= 2;
    rows = malloc(p->n * words * sizeof(*rows));
    slot = malloc(slots * sizeof(*slot)); /* index into rows, or none */
    from = malloc(p->n * sizeof(*from));
    if (rows == NULL || slot == NULL || from == NULL) {
        st = err_nomem(err);
        goto out;
    }
    memset(slot, 0xff, slots * sizeof(*slot));
    for (size_t i = 0; i < p->n; i++) {
        uint16_t *row = rows + m * words;
        size_t s;

        row_pack(p, i, row);
        s = row_hash(row, words) & (slots - 1);
        while (slot[s] != UINT32_MAX &&
               memcmp(rows + slot[s] * words, row, words * sizeof(*row)) != 0)
            s = (s + 1) & (slots - 1);
        if (slot[s] == UINT32_MAX) {
            slot[s] = (uint32_t)m;
            p->weight[m] = p->weight[i];
            from[m++] = (uint32_t)i;
        } else {
            p->weight[slot[s]] += p->weight[i];
        }
        p->row[i] = slot[s];
    }
    columns_pick(p, from, m);
out:
    free(rows);
    free(slot);
    free(from);
    return st;
}
