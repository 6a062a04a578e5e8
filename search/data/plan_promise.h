/* SPDX-License-Identifier: MIT */
/*
 * plan_promise.h -- the promise of a plan: made, and as the `guarantee`
 * member of the plan document (../README.md).
 */
#ifndef OFFRAMP_DATA_PLAN_PROMISE_H
#define OFFRAMP_DATA_PLAN_PROMISE_H

#include "search/data/problem.h"

/* Put the plan that carries the promise in the place of the one in *r, whose
 * bound and floor stay those of the search. */
enum status plan_promise_make(const struct problem *p,
    const struct search_sure *sure, struct solve_result *r, struct promise *out,
    struct err *err) MUST_CHECK;

/* What a plan costs and is right in, on both halves. */
enum status plan_promise_without(const struct problem *p,
    const struct solve_plan *plan, json_t **out, struct err *err) MUST_CHECK;

/* `without` is the plan that promises nothing. */
enum status plan_promise_json(const struct problem *p,
    const struct search_sure *sure, const struct promise *made,
    const struct solve_plan *without, json_t **out, struct err *err) MUST_CHECK;

#endif
