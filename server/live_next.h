/* SPDX-License-Identifier: MIT */
/*
 * live_next.h -- what follows from a stage of a live run: tasks that one
 * stage leaves for another as documents, and what a part of a result that
 * came while its task runs means.
 */
#ifndef OFFRAMP_SERVER_LIVE_NEXT_H
#define OFFRAMP_SERVER_LIVE_NEXT_H

#include "base/json.h"
#include "db/queue.h"

/* Queue a task of the kind live in the flow of `before`: `next` is
 * {"selector","devices":[names],"deadline_s","payload","blobs"}.  Call it in a
 * db_tx(). */
enum status live_next_add(struct db *db, const struct task *before,
    const json_t *next, int64_t now_ms, struct err *err) MUST_CHECK;

/*
 * Part `n` of this lease's result came.  Of a run it is points of its curve
 * (live_curve.h).  Of a device that serves it says where that waits: then the
 * run, which is its payload's `next`, is added; where it failed since it found
 * nobody there any more, it is queued again.  *added tells whether there is
 * anything new to see or to do.
 */
enum status live_next_part(struct db *db, int64_t lease, int64_t n,
    const json_t *part, int64_t now_ms, bool *added,
    struct err *err) MUST_CHECK;

#endif
