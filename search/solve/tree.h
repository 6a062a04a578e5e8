/* SPDX-License-Identifier: MIT */
/*
 * tree.h -- branch and bound over boxes: bound a box by its dual, drop the
 * labels that cannot help, walk through what is small enough, and split what
 * is not.
 *
 * Boxes are visited in rounds: the few with the least bounds, side by side,
 * all with what was known when the round began.  So the threads decide how
 * long a round takes and nothing else.
 */
#ifndef OFFRAMP_SEARCH_TREE_H
#define OFFRAMP_SEARCH_TREE_H

#include "search/solve/box.h"
#include "search/solve/brake.h"

/* Boxes of so many choices are walked through rather than split. */
#define TREE_WALK_MAX 1e8

struct tree; /* opaque: see tree.c; its threads serve one caller */

/* Room and threads for searches of one problem, whose floor may change
 * between two of them: the next starts from the prices of the one before.
 * ST_NOMEM; end with tree_free(), which ignores NULL. */
enum status tree_new(struct tree **out, const struct prob *p, int threads,
    struct err *err) MUST_CHECK;
void tree_free(struct tree *t);

/* One search. */
struct tree_task {
    const struct solve_options *o; /* max_nodes, claim */
    double price;        /* of a right answer, about, at the best choice */
    double walk_max;     /* TREE_WALK_MAX */
    struct brake *brake; /* borrowed */
};

struct tree_result {
    int64_t lower; /* true cost: nothing allowed that meets the floor is
                      cheaper than the lesser of this and best->cost */
    bool done;     /* nothing is left open */
    uint64_t nodes;
};

/* Find the cheapest choice with right >= p->floor.  *best is the best one
 * known (cost INT64_MAX: none, and then its labels are only a start), and is
 * improved in place.  ST_NOMEM. */
enum status tree_search(struct tree *t, const struct tree_task *task,
    struct pick *best, struct tree_result *out, struct err *err) MUST_CHECK;

#endif
