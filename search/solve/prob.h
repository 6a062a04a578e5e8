/* SPDX-License-Identifier: MIT */
/*
 * prob.h -- one search, prepared: what every method inside search/solve works
 * on.  Not part of the public interface.
 *
 * Only exits that may be kept are left (the segments of the others are added
 * to the next one's).  Scores have become bins: bin b of a row means that the
 * row passes the b lowest thresholds.  A choice for an exit is a label: label
 * c < top keeps the exit with threshold c, which accepts bins > c; label top
 * drops it, and no bin is that large.  Rows that are alike in every bin and
 * answer are one row with their weights added.
 */
#ifndef OFFRAMP_SEARCH_PROB_H
#define OFFRAMP_SEARCH_PROB_H

#include "search/solve/solve.h"

enum { PROB_TOP_MAX = 65535 };

struct prob {
    size_t n, samples;         /* rows; what they were before joining */
    int k;                     /* early exits; index k is the last one */
    int exits;                 /* in the caller's data */
    int exit[SOLVE_EXITS_MAX]; /* the caller's index of each */
    int top[SOLVE_EXITS_MAX];  /* thresholds of each; label "dropped" */
    double *threshold[SOLVE_EXITS_MAX]; /* owned, ascending */
    uint16_t *bin;                      /* owned, [k][n] */
    uint8_t *right;                     /* owned, [k + 1][n], 0 or 1 */
    int32_t *weight;                    /* owned, [n] */
    uint32_t *row;                      /* owned, [samples]: row of each */
    int64_t total;                      /* sum of weights */
    size_t live[SOLVE_EXITS_MAX];  /* [k + 1]: rows that may reach each exit
                                      are the first; all but in a join.h */
    int64_t seg[SOLVE_EXITS_MAX];  /* [k + 1]; the last one's head is in */
    int64_t head[SOLVE_EXITS_MAX]; /* [k] */

    /* Limits, in terms of the exits that are left. */
    int64_t floor;
    int64_t spare; /* worst case allowed beyond the segments */
    int max_early;
    uint64_t forced;
    uint32_t min_ppm[SOLVE_EXITS_MAX]; /* [k + 1] */
    bool strict;                       /* some min_ppm is not 0 */
    bool empty; /* the limits contradict each other: no plan at all */
};

/* One label an exit; only the first k count. */
struct labels {
    uint16_t at[SOLVE_EXITS_MAX];
};

/* Cost and right answers of a choice, with the choice. */
struct pick {
    int64_t cost, right; /* cost INT64_MAX: none yet */
    struct labels lab;
};

/* Check the input and prepare it.  On ST_OK the caller ends *out with
 * prob_clear().  ST_INVALID "search.input", ST_NOMEM. */
enum status prob_init(struct prob *out, const struct solve_data *d,
    const struct solve_options *o, struct err *err) MUST_CHECK;
void prob_clear(struct prob *p);

/* Check data alone, as solve_eval() needs it. */
enum status prob_check_data(
    const struct solve_data *d, struct err *err) MUST_CHECK;

/* Every exit that is not forced is dropped; forced ones accept all. */
void prob_fewest(const struct prob *p, struct labels *lab);

/* Cost and right answers of lab, into `out` with lab itself. */
void prob_eval(
    const struct prob *p, const struct labels *lab, struct pick *out);

/* True if lab keeps to every limit but the floor. */
bool prob_allows(const struct prob *p, const struct labels *lab);

/* True if `a` is cheaper, or as cheap and more often right. */
static inline bool
pick_better(const struct pick *a, const struct pick *b)
{
    return a->cost < b->cost || (a->cost == b->cost && a->right > b->right);
}

static inline bool
prob_kept(const struct prob *p, const struct labels *lab, int j)
{
    return lab->at[j] < p->top[j];
}

/* Drop exits behind one that accepts everybody: they change no cost and no
 * answer, but would take room on a board.  Forced ones stay. */
void prob_drop_unreached(const struct prob *p, struct labels *lab);

/* Labels as the caller's plan. */
void prob_plan(
    const struct prob *p, const struct labels *lab, struct solve_plan *out);

#endif
