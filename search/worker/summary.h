/* SPDX-License-Identifier: MIT */
/* summary.h -- exit records in a few numbers, as the `records` and `quantise`
 * tasks report them. */
#ifndef OFFRAMP_WORKER_SUMMARY_H
#define OFFRAMP_WORKER_SUMMARY_H

#include <stdbool.h>

#include <jansson.h>

#include "search/data/records.h"

/*
 * {"csv","n","labelled","classes","warnings","exits":[{"name","accuracy","agree","mean_score",
 * "score"}],"accuracy_full","score"}: a new object in *out.  `names` is an
 * array of {"name"} or NULL, `hex` the blob of the CSV.  A score is named
 * where a worker made it (`made`) or the column did; the outer one is `mixed`
 * where exits differ.
 */
enum status summarise(const struct records *r, const json_t *names,
    const char *hex, bool made, json_t **out, struct err *err) MUST_CHECK;

#endif
