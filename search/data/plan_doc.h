/* SPDX-License-Identifier: MIT */
/*
 * plan_doc.h -- inside data/: what a search found as an offramp.plan/1
 * document, without the members that not every plan has.
 */
#ifndef OFFRAMP_DATA_PLAN_DOC_H
#define OFFRAMP_DATA_PLAN_DOC_H

#include "search/data/problem.h"

/* All borrowed. */
struct plan_doc {
    const struct problem *problem;
    const struct costs
        *costs; /* names of the exits, and what is said of them */
    const struct search_options *wanted;
    const struct solve_result *result; /* its plan has kept != 0 */
    double solve_ms;
};

/* The caller owns *out. */
enum status plan_doc_json(
    const struct plan_doc *d, json_t **out, struct err *err) MUST_CHECK;

/* A sum over n samples as what one of them has; NaN for none. */
double plan_doc_mean(const struct problem *p, int64_t sum, int64_t n);
double plan_doc_share(int64_t part, int64_t all);

/* Cost and accuracy of a plan on one half; zeros where it is empty. */
enum status plan_doc_judge(const struct problem_half *h,
    const struct solve_plan *plan, struct solve_tally *out,
    struct err *err) MUST_CHECK;

#endif
