/* SPDX-License-Identifier: MIT */
/*
 * dual.h -- a lower bound on the cost of every choice in a box.
 *
 * Each row is given a copy of every exit's state: it is Accepted there, it is
 * Refused there (and pays the head), or the exit is dropped (Off).  Let rows
 * choose their copies freely, let each exit choose its label on its own, and
 * charge for disagreement: a price a row, exit and state, which rows pay and
 * exits earn.  A wrong answer has a price too.  Whatever the prices, the sum
 * of what rows and exits then choose at best is a lower bound; dual_climb()
 * moves the prices so that it rises (a subgradient with momentum).
 *
 * Everything that is proved is an integer.  Costs are scaled to fit 32 bits a
 * row, always downwards, so that a scaled bound is never too high:
 * dual_cut() says from which scaled bound on a box holds nothing cheaper.
 * Floating point only chooses how far to step.
 *
 * A `struct dual` belongs to one thread.
 */
#ifndef OFFRAMP_SEARCH_DUAL_H
#define OFFRAMP_SEARCH_DUAL_H

#include "search/solve/box.h"

enum { DUAL_BLOCK = 256 }; /* rows handled together */

struct dual {
    const struct prob *p; /* borrowed */
    size_t n;
    int k;
    int shift;                    /* true cost ~ scaled cost * 2^shift */
    int32_t seg[SOLVE_EXITS_MAX]; /* scaled */
    int32_t head[SOLVE_EXITS_MAX];
    int64_t path[SOLVE_EXITS_MAX]; /* sum of seg[] up to each */

    int32_t price_max;        /* of `accept` and `refuse`, so that sums fit */
    int32_t *accept, *refuse; /* owned, [k][n]: prices; that of Off is 0 */
    int16_t *move_accept;     /* owned, [k][n]: direction, 256 = one */
    int16_t *move_refuse;
    bool moved;        /* the direction is not 0 */
    double wrong;      /* price of a wrong answer */
    double move_wrong; /* its direction */

    int64_t *worth[SOLVE_EXITS_MAX]; /* owned, [top + 1]: what each label of
                                        an exit costs, from the prices */
    int label[SOLVE_EXITS_MAX];      /* the best of them in the box */
    int64_t exits;                   /* their sum, within the limit on exits */

    double *mean;                     /* owned, [n]: scratch, */
    double *share;                    /* owned, [n]: and so on */
    int64_t *excess[SOLVE_EXITS_MAX]; /* owned, [top + 1]: scratch */
    int32_t (*on)[DUAL_BLOCK],
        (*gone)[DUAL_BLOCK]; /* owned, [k + 1]: scratch */

    int64_t bound; /* scaled, at the prices of the last dual_bound() */
    double norm;   /* squared length of the direction */
    int64_t most;  /* the best bound since the prices were set */
    double pace;   /* of the next step */
    int stalls;    /* steps since `most` rose */
};

/* Room; all prices 0.  ST_NOMEM; end with dual_clear(). */
enum status dual_init(
    struct dual *d, const struct prob *p, struct err *err) MUST_CHECK;
void dual_clear(struct dual *d);

/* The rows of d->p were joined: row i of before, of weight was[i], is now
 * to[i].  A row has the mean of the prices and directions of those that it
 * came from, and none at exits that it cannot reach. */
void dual_join(struct dual *d, const uint32_t *to, const int32_t *was);

/* Prices that make `lab` look as good as it is to its single exits.  `wrong`
 * is in true cost.  A dual_join() comes next. */
void dual_start(struct dual *d, const struct labels *lab, double wrong);

/* The prices were set from outside (another dual of the same problem, so the
 * same scale), and that of a wrong answer is `wrong`, scaled.  A dual_join()
 * comes next. */
void dual_restart(struct dual *d, double wrong);

/* Take over the scale of another dual of the same problem, and so the meaning
 * of its prices. */
void dual_same_scale(struct dual *d, const struct dual *other);

/* The scaled bound from which on nothing in a box costs less than `cost`. */
int64_t dual_cut(const struct dual *d, int64_t cost);

/* A true cost that everything in a box with this scaled bound reaches. */
int64_t dual_true(const struct dual *d, int64_t bound);

/* The scaled bound of the box at the present prices; sets d->bound and the
 * next direction. */
int64_t dual_bound(struct dual *d, const struct box *b);

/* Up to `steps` steps from the prices of the last dual_bound() of this box,
 * or until its bound reaches `cut`. */
void dual_climb(struct dual *d, const struct box *b, int64_t cut, int steps);

/* Let the exits choose their labels; the limit on kept exits is theirs to
 * meet.  Exit `fixed` (or -1) is left out and counts as `kept`.  The sum. */
int64_t dual_exits(
    const struct dual *d, const struct box *b, int fixed, int kept, int *label);

/*
 * Drop labels at the ends of each exit's run, and Off, where no choice with
 * them is cheaper than `cut`.  False if nothing is left of the box.  Follows
 * a dual_bound() of the same box.
 */
bool dual_filter(struct dual *d, struct box *b, int64_t cut);

/*
 * For the walk inside a box: tail[j * n + i] is the least that row i, going
 * on to exit j, adds to what the prices of exits before j charge, beyond the
 * least it adds if it is not there any more; j in 0..k.  rest[j] is what is
 * certain: the exits from j on, the rows that are gone, and the floor.
 */
void dual_tails(
    struct dual *d, const struct box *b, int32_t *tail, int64_t *rest);

#endif
