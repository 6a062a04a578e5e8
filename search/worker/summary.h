/* SPDX-License-Identifier: MIT */
/* summary.h -- exit records in a few numbers, as the `records` and `quantise`
 * tasks report them. */
#ifndef OFFRAMP_WORKER_SUMMARY_H
#define OFFRAMP_WORKER_SUMMARY_H

#include <jansson.h>

#include "search/data/records.h"

/*
 * {"csv","n","labelled","exits":[{"name","accuracy","agree","mean_score"}],
 * "accuracy_full","score"}: a new object in *out.  `names` is an array of
 * {"name"} or NULL, `hex` the blob of the CSV, `score` what a score is or
 * NULL.
 */
enum status summarise(const struct records *r, const json_t *names,
    const char *hex, const char *score, json_t **out,
    struct err *err) MUST_CHECK;

#endif
