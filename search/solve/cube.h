/* SPDX-License-Identifier: MIT */
/*
 * cube.h -- every choice of labels for the last three kept exits at once, for
 * rows that are added bit by bit.
 *
 * Which of three exits a row passes depends only on its ranks there.  So it
 * is counted in four places: once, by its rank at the first exit, by its
 * ranks at the first two, and by all three.  Running sums over the ranks then
 * say for each triple of labels how many rows reach each exit and how many
 * more or fewer answers are right there, which is all that cost and right
 * answers depend on: O(rows + triples) of additions in 32 bits.
 *
 * Looking at the triples leaves the counts alone.  A walk whose labels let
 * more and more rows through adds each of them once.
 *
 * Fewer than three exits are a triple with exits of index -1 first, which
 * only have the label "dropped".
 */
#ifndef OFFRAMP_SEARCH_CUBE_H
#define OFFRAMP_SEARCH_CUBE_H

#include "search/solve/box.h"
#include "search/solve/front.h"

struct cube; /* opaque: see cube_internal.h; belongs to one thread */

/* Whether the sums over p's rows fit. */
bool cube_fits(const struct prob *p);

/* Room for three spans of at most the given sizes.  ST_NOMEM; end with
 * cube_free(), which ignores NULL. */
enum status cube_new(struct cube **out, const struct prob *p,
    const struct span span[3], struct err *err) MUST_CHECK;
void cube_free(struct cube *c);

/* Numbers that a cube for these spans holds. */
size_t cube_cells(const struct span span[3]);

/* Take three exits, ascending, and no rows.  `from` is the exit that
 * rows come from, or -1; all exits between it and the last one are dropped
 * but for these three.  `often`: the triples will be looked at many times for
 * few rows each. */
void cube_set(struct cube *c, int from, const int exit[3],
    const struct span span[3], bool often);

/* Forget all rows. */
void cube_clear(struct cube *c);

/* Rows that go on past `from`; `rows` NULL: all rows, once. */
void cube_add(struct cube *c, const uint32_t *rows, size_t n);

/* What is known of a choice beside the three exits. */
struct cube_base {
    int64_t cost, right; /* of rows that have left, and of coming to `from` */
    int64_t heads;       /* of the other kept exits */
    int kept;            /* how many they are */
    struct labels lab;   /* of all other exits */
};

/* Improve *best with the cheapest allowed choice of right >= floor; true if
 * it improved. */
bool cube_best(struct cube *c, const struct cube_base *b, int64_t floor,
    struct pick *best);

/* Offer every allowed choice that is not dominated to the front. */
void cube_front(struct cube *c, const struct cube_base *b, struct front *f);

#endif
