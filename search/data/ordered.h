/* SPDX-License-Identifier: MIT */
/*
 * ordered.h -- temporal policies on ordered exit records and costs, as rows of
 * a trial's table (trial.h).
 *
 * Rows are in the order of time; where there is a column `group`, each run of
 * equal groups is a sequence of its own.  Every threshold is replayed exactly
 * on the calibration half, and the one that is cheapest of those that keep the
 * floor is replayed on the test half.
 */
#ifndef OFFRAMP_DATA_ORDERED_H
#define OFFRAMP_DATA_ORDERED_H

#include "search/data/plan.h"

enum { ORDERED_THRESHOLDS = 128 };

struct ordered_options {
    const char *objective; /* a metric of the costs; borrowed */
    enum search_reference reference;
    double max_drop; /* below the full network, on the calibration half */
    double distance; /* cost of comparing two numbers of a vector */
    /* Rules by name; n_names 0 means all of them.  Borrowed. */
    const char *const *names;
    size_t n_names;
};

/* Without a column `split`, the first half of the rows calibrates and the
 * second tests, for a hash would tear neighbours apart.  ST_NOMEM. */
enum status ordered_split(struct records *r, struct err *err) MUST_CHECK;

/* Append a row for each rule at each early exit that has vectors.  `r` has
 * been split.  ST_INVALID ("policy.records", ..) names what is missing. */
enum status ordered_rows(const struct records *r, const struct costs *c,
    const struct ordered_options *o, json_t *rows, struct err *err) MUST_CHECK;

#endif
