/* SPDX-License-Identifier: MIT */
/*
 * tensor.h -- every choice of labels for three exits at once.
 *
 * With the labels of all other exits fixed, a row contributes to the cost and
 * the right answers of a triple (a, b, c) of labels in at most four steps:
 * what is certain, what is added once it goes on past the first exit, past
 * the second, and past the third.  Each step depends on the row only through
 * its ranks, so one histogram a step and running sums over it give the exact
 * cost and right answers of all triples in O(rows + triples).
 *
 * Fewer than three exits are a triple with exits of index -1, which only have
 * the label "dropped".
 */
#ifndef OFFRAMP_SEARCH_TENSOR_H
#define OFFRAMP_SEARCH_TENSOR_H

#include "search/solve/box.h"
#include "search/solve/front.h"

struct tensor; /* opaque: see tensor.c; belongs to one thread */

/* Room for three exits of at most `labels` labels each.  ST_NOMEM. */
enum status tensor_new(
    struct tensor **out, size_t cells, struct err *err) MUST_CHECK;
void tensor_free(struct tensor *t);

/* Cells needed for three spans. */
size_t tensor_cells(
    const struct span *a, const struct span *b, const struct span *c);

/* Three exits, their spans, and the labels of all others. */
struct triple {
    int exit[3];          /* ascending, or -1 first */
    struct span span[3];  /* of the exits that are not -1 */
    struct labels lab;    /* of all other exits; a dropped exit elsewhere */
    const uint32_t *rows; /* the rows that count, or NULL: all */
    size_t n_rows;        /* of `rows` */
    bool reached;         /* no row leaves before exit[0] or after it at
                             another exit than these three and the last */
    int64_t cost, right;  /* of the rows that do not count */
};

/* Count the rows.  The triple is copied. */
void tensor_fill(
    struct tensor *t, const struct prob *p, const struct triple *tr);

/* Improve *best with the cheapest allowed choice of right >= floor; true if
 * it improved.  Uses up what was filled. */
bool tensor_best(struct tensor *t, int64_t floor, struct pick *best);

#endif
