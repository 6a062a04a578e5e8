/* SPDX-License-Identifier: MIT */
/* live_curve.h -- how a live run goes, kept in its flow while it goes, so that
 * whoever follows it sees a curve. */
#ifndef OFFRAMP_SERVER_LIVE_CURVE_H
#define OFFRAMP_SERVER_LIVE_CURVE_H

#include "base/json.h"
#include "db/db.h"

/* The flow's `curve`, [{"policy","points":[[done, here_ns, predicted_ns,
 * handed_over, accuracy]..]}], grows by part `n` of a run; part 0 begins it
 * anew.  Call it in a db_tx().  ST_INVALID: no part of a run. */
enum status live_curve_add(struct db *db, int64_t flow, int64_t n,
    const json_t *part, struct err *err) MUST_CHECK;

#endif
