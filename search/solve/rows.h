/* SPDX-License-Identifier: MIT */
/* rows.h -- rows that nothing can tell apart: finding them, and joining those
 * of a problem that no plan can. */
#ifndef OFFRAMP_SEARCH_ROWS_H
#define OFFRAMP_SEARCH_ROWS_H

#include "search/solve/prob.h"

/* The distinct ones of a list of rows, each `words` numbers. */
struct row_table {
    size_t words, slots, n;
    uint16_t *row;  /* owned, [room][words], the first n in use */
    uint32_t *slot; /* owned, [slots]: a hash table of indices */
};

/* Room for `room` rows of `exits` numbers and as many answers and one more.
 * ST_NOMEM; end with row_table_clear(). */
enum status row_table_init(
    struct row_table *t, size_t room, int exits, struct err *err) MUST_CHECK;
void row_table_clear(struct row_table *t);

/* Forget all rows. */
void row_table_empty(struct row_table *t);

/* Take the row that was written to row_table_next(); the index of the first
 * that is equal, which is t->n - 1 if there was none. */
uint32_t row_table_put(struct row_table *t);

static inline uint16_t *
row_table_next(struct row_table *t)
{
    return t->row + t->n * t->words;
}

/* Join the rows of `p` that agree in every bin and answer: their weights are
 * added, p->n falls, the columns move together, and p->row says where each
 * one went.  ST_NOMEM. */
enum status rows_join(struct prob *p, struct err *err) MUST_CHECK;

#endif
