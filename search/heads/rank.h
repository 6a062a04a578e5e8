/* SPDX-License-Identifier: MIT */
/*
 * rank.h -- how well a score tells right answers from wrong ones: the chance
 * that a right one has the higher score (area under the ROC curve).  No state.
 */
#ifndef OFFRAMP_HEADS_RANK_H
#define OFFRAMP_HEADS_RANK_H

#include "base/score.h"
#include "search/heads/fit.h"

struct ranked {
    double score;
    bool right;
};

/* Sorts `r`; ties count half.  NaN where all are right, or all wrong. */
double rank_area(struct ranked *r, size_t n);

/* The areas of every score over held-out rows [first, n_held). */
enum status rank_scores(const struct fit_rows *rows,
    const struct fit_report *report, size_t first, double area[SCORE_KINDS],
    struct err *err) MUST_CHECK;

/* The score of largest area; the first of equal ones, and where none is
 * known. */
enum score rank_best(const double area[SCORE_KINDS]);

#endif
