/* SPDX-License-Identifier: MIT */
/* split_cut.h -- the searches behind split.h.  Private. */
#ifndef OFFRAMP_SEARCH_SPLIT_CUT_H
#define OFFRAMP_SEARCH_SPLIT_CUT_H

#include "search/partition/dag.h"

/* How much a ps counts on the first processor, the link and the second: small
 * integers whose product with any sum stays below 2^61. */
struct split_weights {
    int64_t first, link, second;
};

/* The cut with the least weighted sum, which is returned in *value. */
enum status split_cut(const struct dag *d, const struct dag_link *l,
    const struct split_weights *w, uint8_t *on_first, int64_t *value,
    struct err *err) MUST_CHECK;

/* Look at every cut whose longest stage is shorter than `slowest`, and leave
 * the best in `best`[n] (untouched: there is none).  *all is false where that
 * was given up, after some seconds' work. */
enum status split_all(const struct dag *d, const struct dag_link *l,
    int64_t slowest, uint8_t *best, bool *all, struct err *err) MUST_CHECK;

#endif
