/* SPDX-License-Identifier: MIT */
/*
 * plan_cross.h -- a plan whose floor was raised to what new samples need, and
 * the `cross` member of its document (../README.md).
 */
#ifndef OFFRAMP_DATA_PLAN_CROSS_H
#define OFFRAMP_DATA_PLAN_CROSS_H

#include "search/data/problem.h"

/* Find the floor. */
enum status plan_cross_find(const struct problem *p,
    const struct search_sure *sure, struct cross *out,
    struct err *err) MUST_CHECK;

/* Put the cheapest plan at the raised floor in the place of the one in *r:
 * status and bound are then of that floor.  *r stays as it is where nothing
 * can or has to be raised. */
enum status plan_cross_take(const struct problem *p, struct cross *c,
    struct solve_result *r, struct err *err) MUST_CHECK;

/* `without` is the plan at the floor that was asked for. */
enum status plan_cross_json(const struct problem *p, const struct cross *made,
    const struct solve_plan *without, json_t **out, struct err *err) MUST_CHECK;

#endif
