/* SPDX-License-Identifier: MIT */
/* costs_check.h -- is this a usable offramp.costs/1 document?  Only its form:
 * what it means is the search's business. */
#ifndef OFFRAMP_SERVER_COSTS_CHECK_H
#define OFFRAMP_SERVER_COSTS_CHECK_H

#include "base/json.h"

/* ST_INVALID names the member, under `costs`. */
enum status costs_check(const json_t *costs, struct err *err) MUST_CHECK;

/* Does it have the metric, or all of a weighted sum, for every part?
 * ST_UNPROCESSABLE "search.objective" lists the metrics it has;
 * "search.unsupported" says what the device cannot run. */
enum status costs_check_objective(
    const json_t *costs, const char *objective, struct err *err) MUST_CHECK;

/* The same of one processor of several: exits with a `reason` need not. */
enum status costs_check_partly(
    const json_t *costs, const char *objective, struct err *err) MUST_CHECK;

#endif
