/* SPDX-License-Identifier: MIT */
/*
 * map_path.h -- one mapping of a plan: what it makes of the costs of its
 * processors (plain path costs, as in ../mapping), and what each processor is
 * expected to do.  Pure.
 */
#ifndef OFFRAMP_DATA_MAP_PATH_H
#define OFFRAMP_DATA_MAP_PATH_H

#include "search/data/map.h"
#include "search/data/plan_read.h"
#include "search/data/predict.h"

struct map_path {
    int processor[COSTS_EXITS_MAX]; /* of each segment */
    int exits;
};

/* Which processor of `sys` runs each segment, by the names in the plan's
 * member `mapping`; a plan without one is of the only processor.
 * ST_UNPROCESSABLE "plan.mapping": it is none of these processors, two have one
 * name, or data would go back. */
enum status map_path_read(const json_t *plan, const struct map_system *sys,
    struct map_path *out, struct err *err) MUST_CHECK;

/*
 * Costs in one metric, hand-overs and waking included; NaN where a processor
 * on the way has none in this metric, and for hand-overs where links and
 * waking are told in another one, `objective`.  On ST_OK the caller ends *out
 * with costs_clear().
 */
enum status map_path_costs(const struct map_path *m,
    const struct map_system *sys, const char *metric, const char *objective,
    struct costs *out, struct err *err) MUST_CHECK;

/* [{"name", "source", "share", "own_ns", "instructions", "link_ns",
 * "send_bytes"}]: of each processor how many samples reach it, what one that
 * does takes there, and what handing it on takes; null where costs and links
 * do not say.  NULL: out of memory. */
json_t *map_path_expected(const struct map_path *m,
    const struct map_system *sys, const struct plan_exits *plan,
    const struct prediction *p);

#endif
