/* SPDX-License-Identifier: MIT */
/*
 * difficulty.h -- clustering of samples by difficulty onto the tiers of a
 * system (policy/pools.h), beside the exact optimum over the same tiers that
 * map.h finds.
 *
 * Each tier has one exit: the first runs every sample up to its exit, there a
 * pool is chosen, and the pool's tier runs the rest up to its own exit, the
 * last one to the end.  A calibration sample's pool is the first tier whose
 * exit's score reaches a threshold.  All places of the exits and 16 thresholds
 * are replayed exactly on the calibration half; the cheapest that keeps the
 * floor is judged on the test half.
 */
#ifndef OFFRAMP_DATA_DIFFICULTY_H
#define OFFRAMP_DATA_DIFFICULTY_H

#include "search/data/map.h"

/* On ST_OK the caller owns *out: {"rule","compares","dims","exits","score",
 * "meets","chosen_on","pools":[{"processor","exit","cost","share"}],
 * "calibration","test":{"cost","accuracy"},"state_bytes"}; null where the
 * system has not two or three processors, has limits of memory, which pools
 * know nothing of, or no placement can run. */
enum status difficulty_json(const struct records *r,
    const struct map_system *sys, const struct search_options *o, json_t **out,
    struct err *err) MUST_CHECK;

#endif
