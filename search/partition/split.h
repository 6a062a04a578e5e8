/* SPDX-License-Identifier: MIT */
/*
 * split.h -- where to cut a network between two processors.
 *
 * Light load (DNN Surgery, INFOCOM 2019): the least time for one sample is a
 * minimum cut.  A layer is a node between "first processor" (source) and
 * "second" (sink); so is each tensor, which makes it pay for its sending once
 * however many layers read it; arcs of infinite capacity keep layers from
 * sending back.  On a chain this is Neurosurgeon's scan (ASPLOS 2017).
 *
 * Heavy load: the most samples a second, when samples follow each other, is
 * the smallest largest stage of three (first, link, second), which is NP-hard
 * on graphs.  Weights on the stages make it a minimum cut again, whose value
 * is a bound; where that does not meet the best cut met on the way, all cuts
 * are looked at, with a limit.
 *
 * Changing link (dynamic split computing, arXiv 2205.11269): the light-load
 * optimum for every time per byte at once, as a table.
 *
 * Pure; integers throughout; ST_NOMEM everywhere.
 */
#ifndef OFFRAMP_SEARCH_SPLIT_H
#define OFFRAMP_SEARCH_SPLIT_H

#include "search/partition/dag.h"

/* The cut with the least first + link + second; of equals the one with fewest
 * layers on the first processor.  on_first[n] is filled. */
enum status split_light(const struct dag *d, const struct dag_link *l,
    uint8_t *on_first, struct dag_bill *out, struct err *err) MUST_CHECK;

/* `bound_ps`: no cut's largest stage is shorter.  Proved best where it equals
 * the largest stage of `out`. */
enum status split_heavy(const struct dag *d, const struct dag_link *l,
    uint8_t *on_first, struct dag_bill *out, int64_t *bound_ps,
    struct err *err) MUST_CHECK;

/* One row of the table: the best cut while the time per byte is at most
 * `upto_byte_ps` (and above the row before). */
struct split_row {
    int64_t upto_byte_ps; /* INT64_MAX in the last row */
    int64_t fixed_ps;     /* everything but bytes * byte_ps */
    int64_t bytes;
    uint8_t *on_first; /* owned, [n] */
};

struct split_table {
    struct split_row *row; /* owned */
    size_t n, room;
};

/* For every time per byte from 0 to `most_byte_ps`, exactly; `base_ps` is a
 * tensor's.  On ST_OK the caller ends *out with split_table_clear(). */
enum status split_table_init(struct split_table *out, const struct dag *d,
    int64_t base_ps, int64_t most_byte_ps, struct err *err) MUST_CHECK;
void split_table_clear(struct split_table *t);

/* The row to use now: the best, or `current` while it is not worse by more
 * than `slack` (0.05: 5 %), so that a link that wavers does not make the cut
 * waver.  `current` may be t->n: none yet. */
size_t split_table_choose(
    const struct split_table *t, size_t current, int64_t byte_ps, double slack);

#endif
