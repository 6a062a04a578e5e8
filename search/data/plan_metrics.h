/* SPDX-License-Identifier: MIT */
/* plan_metrics.h -- plans over several metrics at once: the `metrics` member
 * of the plan document (../README.md). */
#ifndef OFFRAMP_DATA_PLAN_METRICS_H
#define OFFRAMP_DATA_PLAN_METRICS_H

#include "search/data/problem.h"

/* ST_INVALID: a metric that the costs do not have for every part. */
enum status plan_metrics_json(const struct problem *p, const struct costs *c,
    const struct search_options *o, json_t **out, struct err *err) MUST_CHECK;

#endif
