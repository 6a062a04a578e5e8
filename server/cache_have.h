/* SPDX-License-Identifier: MIT */
/*
 * cache_have.h -- what of a model a device has measured already, in the
 * environment that it is in now: `have` of a profile task.
 */
#ifndef OFFRAMP_SERVER_CACHE_HAVE_H
#define OFFRAMP_SERVER_CACHE_HAVE_H

#include "base/json.h"
#include "db/measure.h"

/* [{level, kernel_key, median_ns}] of what `analysis` has, at those of `levels`
 * (words): layers, parts of exits, and the whole (at L1, where all that was
 * measured in situ in one run can be used again).  No median_ns at levels
 * without times.  The caller owns *have. */
enum status cache_have(struct db *db, const struct cache_query *q,
    const json_t *analysis, const json_t *levels, json_t **have,
    struct err *err) MUST_CHECK;

/* How many different kernels of the model are not in `have` at level L2. */
size_t cache_missing(const json_t *have, const json_t *analysis);

#endif
