/* SPDX-License-Identifier: MIT */
/*
 * plan_memory.h -- what a plan of an augmented network needs of the device's
 * memory, beside what there is.  No state, any thread.
 */
#ifndef OFFRAMP_SERVER_PLAN_MEMORY_H
#define OFFRAMP_SERVER_PLAN_MEMORY_H

#include "base/json.h"

/* {limit_bytes/null, weight_bytes, activation_bytes_peak, spare_bytes/null} of
 * a plan: all weights but those of the heads it drops; the peak is that of the
 * network with all its heads, which no plan exceeds.  Null where the
 * augmentation (offramp.augmentation/1) does not say.  NULL: out of memory. */
json_t *plan_memory(const json_t *augmentation, const json_t *plan);

#endif
