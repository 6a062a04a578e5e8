/* SPDX-License-Identifier: MIT */
/*
 * problem.h -- records and costs as the solver wants them: integers, two
 * halves, one metric.
 */
#ifndef OFFRAMP_DATA_PROBLEM_H
#define OFFRAMP_DATA_PROBLEM_H

#include "search/data/plan.h"
#include "search/solve/solve.h"

/* One half of the samples; the arrays of `data` are owned by the problem. */
struct problem_half {
    struct solve_data data; /* n may be 0 in the test half */
    double *score;          /* owned */
    uint8_t *right;         /* owned */
    uint32_t *group;        /* owned, [n]; NULL: no groups */
};

struct problem {
    struct problem_half cal, test;
    int64_t segment[RECORDS_EXITS_MAX], head[RECORDS_EXITS_MAX];
    enum score score[RECORDS_EXITS_MAX]; /* what thresholds are of */
    double quantum; /* the objective's units in one integer step */
    int64_t floor;  /* right answers of the calibration half */
    double floor_accuracy;
    uint32_t min_right_ppm[RECORDS_EXITS_MAX]; /* `options` may point here */
    struct solve_options options;
};

/* ST_INVALID or ST_UNPROCESSABLE where things do not fit together.  On ST_OK
 * the caller ends *out with problem_clear(); `data` pointers stay valid while
 * *out does not move. */
enum status problem_init(struct problem *out, const struct records *r,
    const struct costs *c, const struct search_options *o,
    struct err *err) MUST_CHECK;
void problem_clear(struct problem *p);

/* What an integer step is worth where the longest path is so many units; 0: it
 * is too long. */
double problem_quantum(double path);

/* The costs in one metric as integers, [exits] each; a step is *quantum of
 * the metric's unit.  ST_INVALID: no such metric, or a part without it. */
enum status problem_costs(const struct costs *c, const char *metric,
    bool robust, int64_t *segment, int64_t *head, double *quantum,
    struct err *err) MUST_CHECK;

#endif
