/* SPDX-License-Identifier: MIT */
/*
 * tree.h -- branch and bound over boxes: bound a box by its dual, drop the
 * labels that cannot help, walk through what is small enough, and split what
 * is not.
 */
#ifndef OFFRAMP_SEARCH_TREE_H
#define OFFRAMP_SEARCH_TREE_H

#include "search/solve/box.h"
#include "search/solve/brake.h"

/* Boxes of so many choices are walked through rather than split. */
#define TREE_WALK_MAX 1e8

struct tree_result {
    int64_t lower; /* true cost: nothing allowed that meets the floor is
                      cheaper than the lesser of this and best->cost */
    bool done;     /* nothing is left open */
    uint64_t nodes;
};

/*
 * Find the cheapest choice with right >= p->floor.  *best is the best one
 * known (cost INT64_MAX: none, and then its labels are only a start), and is
 * improved in place; `price` is about what a right answer costs there.  Ends
 * early when the brake stops it, which o->max_nodes makes it do.  ST_NOMEM.
 */
enum status tree_search(const struct prob *p, const struct solve_options *o,
    double price, double walk_max, struct brake *brake, struct pick *best,
    struct tree_result *out, struct err *err) MUST_CHECK;

#endif
