/* SPDX-License-Identifier: MIT */
/* live_curve.h -- how a live run goes, kept in its flow while it goes, so that
 * whoever follows it sees a curve. */
#ifndef OFFRAMP_SERVER_LIVE_CURVE_H
#define OFFRAMP_SERVER_LIVE_CURVE_H

#include "base/json.h"
#include "db/db.h"

/*
 * Part `n` of this lease's result came: where it is that of a live run, its
 * points go to the flow's `curve`, [{"policy","points":[[done, here_ns,
 * predicted_ns, handed_over, accuracy]..]}]; part 0 begins it anew.  A part
 * that is none is ST_INVALID.  *added tells whether somebody may wait for it.
 */
enum status live_curve_part(struct db *db, int64_t lease, int64_t n,
    const json_t *part, bool *added, struct err *err) MUST_CHECK;

#endif
