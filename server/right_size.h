/* SPDX-License-Identifier: MIT */
/*
 * right_size.h -- a network cut short at one exit, which every sample then
 * takes: what a plan with several exits has to beat.
 */
#ifndef OFFRAMP_SERVER_RIGHT_SIZE_H
#define OFFRAMP_SERVER_RIGHT_SIZE_H

#include <stdbool.h>

#include "base/json.h"
#include "db/db.h"

/* [{index, name, accuracy, cost, cost_full, meets_floor}] for each early exit
 * of a plan's network, in the plan's objective and reference; a cost that was
 * not measured is null.  *infeasible: the plan is only the nearest miss.  On
 * ST_OK the caller owns *out. */
enum status right_size(struct db *db, int64_t plan, json_t **out,
    bool *infeasible, struct err *err) MUST_CHECK;

#endif
