/* SPDX-License-Identifier: MIT */
/*
 * dual_rows.h -- the inner loops of the dual: what rows choose, for a block
 * of them at a time.  Written so that compilers make vectors of them.
 */
#ifndef OFFRAMP_SEARCH_DUAL_ROWS_H
#define OFFRAMP_SEARCH_DUAL_ROWS_H

#include "search/solve/dual.h"

enum { ROWS_BLOCK = DUAL_BLOCK };

/* States are numbered so that the order breaks ties. */
enum { ST_ACCEPT, ST_REFUSE, ST_OFF };

/* Sums over rows, by weight. */
struct rows_sum {
    int64_t value; /* of the rows' best choices */
    int64_t right; /* answers right in them */
    int64_t norm;  /* squared length of the direction, in 256ths */
};

/* Of rows from..from+m, how many may reach exit e: they are the first. */
static inline size_t
rows_live(const struct dual *d, int e, size_t from, size_t m)
{
    size_t live = d->p->live[e];

    return live <= from ? 0 : live - from < m ? live - from : m;
}

/* Rows from..from+m: choose, and turn the direction towards agreement with
 * the exits' labels. */
void rows_choose(struct dual *d, const struct box *b, size_t from, size_t m,
    struct rows_sum *sum);

/* Least further cost of the rows, for exits 0..k: if they reach the exit
 * (on[j]) and if they have left before (gone[j]); [k + 1][ROWS_BLOCK]. */
void rows_least(const struct dual *d, const struct box *b, size_t from,
    size_t m, int32_t (*on)[ROWS_BLOCK], int32_t (*gone)[ROWS_BLOCK]);

/* On the way forwards through a block: the least of each row that has come so
 * far (here) or has left (away), and its least in all with each state of the
 * exit at hand. */
struct rows_forced {
    int32_t here[ROWS_BLOCK], away[ROWS_BLOCK];
    int32_t accepted[ROWS_BLOCK], refused[ROWS_BLOCK], off[ROWS_BLOCK];
};

void rows_forced_start(struct rows_forced *f, size_t m);

/* One exit and the rows that may reach it, after a rows_least() of the block
 * into d->on and d->gone. */
void rows_force(const struct dual *d, const struct box *b, int e, size_t from,
    size_t m, struct rows_forced *f);

/* Move the prices of exit e by pace / 256 of the direction. */
void rows_move(struct dual *d, int e, int32_t pace);

#endif
