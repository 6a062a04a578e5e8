/* SPDX-License-Identifier: MIT */
/*
 * predict.h -- what a plan is expected to do on certain rows, from exit
 * records and measured costs: what a validation is compared with.  Pure.
 */
#ifndef OFFRAMP_DATA_PREDICT_H
#define OFFRAMP_DATA_PREDICT_H

#include "base/json.h"
#include "search/data/costs.h"
#include "search/data/plan_read.h"

struct prediction {
    size_t n;
    size_t left[RECORDS_EXITS_MAX]; /* rows by exit */
    size_t right[RECORDS_EXITS_MAX], judged[RECORDS_EXITS_MAX];
    size_t full_right, full_judged;
    struct cost path[RECORDS_EXITS_MAX]; /* of who leaves there */
    struct cost mean, full;              /* a row */
    double p50, p90;
};

/* `rows` are `n` rows of the records.  The interval of a sum is the sum of
 * its parts' bounds, which holds whatever depends on what.  ST_INVALID where
 * plan, records and costs have other exits, or the costs no `metric`. */
enum status predict(const struct plan_exits *plan, const struct records *r,
    const size_t *rows, size_t n, const struct costs *c, const char *metric,
    struct prediction *out, struct err *err) MUST_CHECK;

/* {"n", "mean_ns":{median,ci95_lo,ci95_hi}, "p50_ns", "p90_ns",
 * "full_mean_ns", "accuracy", "accuracy_full", "exits":[..]} for a metric of
 * time; NULL when out of memory. */
json_t *prediction_json(
    const struct prediction *p, const struct plan_exits *plan);

/* Beside that what is counted: "mean_instructions", "full_mean_instructions"
 * and, of each exit, "path_instructions". */
enum status prediction_add_counts(
    json_t *doc, const struct prediction *counts, struct err *err) MUST_CHECK;

#endif
