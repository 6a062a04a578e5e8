/* SPDX-License-Identifier: MIT */
/*
 * relay_order.h -- a mapped plan run across its processors, as a flow of one
 * task `relay` a processor (../probes/relay): first the last one, which opens
 * a door and tells where as part 0 of its result; then the one before it,
 * which is told; and so on to the first, which has the samples.  Everybody
 * waits for a limited time, so all of them come together or none.
 *
 * What each runs was cut by the task `deploy`; who may do it stands in the
 * flow's request ("processors", validation_mapped.h).
 */
#ifndef OFFRAMP_SERVER_RELAY_ORDER_H
#define OFFRAMP_SERVER_RELAY_ORDER_H

#include "db/queue.h"
#include "server/validation_doc.h"

/* Queue the last processor's task; `from` is the task that cut the plan.
 * ST_UNPROCESSABLE "result.chain": it does not go with the request. */
enum status relay_order_start(struct db *db, const struct stage *s,
    const struct task *from, int64_t now_ms, struct err *err) MUST_CHECK;

/* A part of this lease's result came: where a processor told its door, the
 * one before it is queued; what the first one has before it fails is kept as
 * `partial`.  *added: there is something to lease. */
enum status relay_order_next(struct db *db, int64_t lease, const json_t *part,
    int64_t now_ms, bool *added, struct err *err) MUST_CHECK;

/* This lease failed: if it was one processor of several, the others have
 * nothing to do any more and are cancelled. */
enum status relay_order_failed(
    struct db *db, int64_t lease, int64_t now_ms, struct err *err) MUST_CHECK;

/* As db_flow_resume(), which this is for other validations: begins again with
 * the last processor, since doors do not outlive their tasks. */
enum status relay_order_resume(struct db *db, enum flow_kind kind, int64_t id,
    int64_t now_ms, struct err *err) MUST_CHECK;

#endif
