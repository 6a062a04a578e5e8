/* SPDX-License-Identifier: MIT */
/*
 * support.h -- what of a network a device can run: the document that a board's
 * probe hands in (offramp.support/1, probes/mcu/support.h), checked, and read.
 *
 * Everything is owned by the caller; one thread.
 */
#ifndef OFFRAMP_SERVER_SUPPORT_H
#define OFFRAMP_SERVER_SUPPORT_H

#include "base/json.h"
#include "db/measure.h"

/* Is it of this analysis, with every layer and exit once?  ST_UNPROCESSABLE
 * "result.support" or ST_INVALID names the member. */
enum status support_check(
    const json_t *doc, const json_t *analysis, struct err *err) MUST_CHECK;

/* Of a device that runs all that it loads: every layer is supported because
 * `runtime` ran it.  NULL: out of memory. */
json_t *support_of_all(const json_t *analysis, const char *runtime);

/* The answer for a layer, a segment or a head, borrowed; NULL: none. */
const json_t *support_find(const json_t *doc, enum role role, int64_t index);

/* Put `support` (the answer, or null) on the row of a layer, segment or head.
 * 0, or -1: out of memory. */
int support_add(json_t *row, const struct measure *m, const json_t *doc);

#endif
