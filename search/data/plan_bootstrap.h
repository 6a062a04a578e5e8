/* SPDX-License-Identifier: MIT */
/* plan_bootstrap.h -- how a plan fares if the costs were measured again: the
 * `bootstrap` member of the plan document (../README.md). */
#ifndef OFFRAMP_DATA_PLAN_BOOTSTRAP_H
#define OFFRAMP_DATA_PLAN_BOOTSTRAP_H

#include "search/data/problem.h"

/* `best`: the plan is the search's own answer, so that it makes sense to ask
 * whether another one is better. */
enum status plan_bootstrap_json(const struct problem *p, const struct costs *c,
    const struct search_options *o, const struct solve_plan *plan, bool best,
    json_t **out, struct err *err) MUST_CHECK;

#endif
