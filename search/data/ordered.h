/* SPDX-License-Identifier: MIT */
/*
 * ordered.h -- temporal policies on ordered exit records and costs, beside
 * the exact plan: the document offramp.ordered/1, which `offramp compare
 * --ordered` prints.
 *
 * Rows are in the order of time; where there is a column `group`, each run of
 * equal groups is a sequence of its own.  Without a column `split` the first
 * half of the rows calibrates and the second tests, for a hash would tear
 * neighbours apart.  Every threshold is replayed exactly on the calibration
 * half, and the one that is cheapest of those that keep the floor is replayed
 * on the test half.
 */
#ifndef OFFRAMP_DATA_ORDERED_H
#define OFFRAMP_DATA_ORDERED_H

#include "search/data/plan.h"

enum { ORDERED_THRESHOLDS = 128 };

/* Start from ordered_options_init(). */
struct ordered_options {
    const char *objective; /* a metric of the costs; borrowed */
    enum search_reference reference;
    double max_drop;     /* below the full network, on the calibration half */
    double distance;     /* cost of comparing two numbers of a vector */
    double time_limit_s; /* of the exact plan's proof */
};

/* latency_ns, label, 0.01, 0, 10 s. */
void ordered_options_init(struct ordered_options *o);

/* On ST_OK the caller owns *out.  `r` gets a column `split` where it has none.
 * ST_INVALID ("policy.records", ..) names what is missing. */
enum status ordered_run(struct records *r, const struct costs *c,
    const struct ordered_options *o, json_t **out, struct err *err) MUST_CHECK;

#endif
