/* SPDX-License-Identifier: MIT */
/*
 * queue_internal.h -- the steps of the queue that its files share.  All run
 * inside the caller's transaction.
 */
#ifndef OFFRAMP_DB_QUEUE_INTERNAL_H
#define OFFRAMP_DB_QUEUE_INTERNAL_H

#include "db/db_internal.h"
#include "db/queue.h"

/* Task `id` was changed: bump the version of what it works for, and derive
 * that one's state. */
enum status queue_changed(
    struct db *db, int64_t id, int64_t now_ms, struct err *err) MUST_CHECK;

/* This task waits, from now on: for db_work_news(). */
void queue_note(struct db *db, int64_t task);

/* The attempt ended well.  `sha256` is the answer's. */
enum status queue_healthy(
    struct db *db, const struct lease *lease, struct err *err) MUST_CHECK;
enum status queue_done(struct db *db, const struct lease *lease,
    const char *sha256, int64_t now_ms, struct err *err) MUST_CHECK;

/* The attempt failed, and its lease ends as `as`: note what that says about
 * the device, and queue the task again where its class allows.  `sha256` is
 * the answer's, or NULL where none came; *retried may be NULL. */
enum status queue_failed(struct db *db, const struct lease *lease,
    enum lease_state as, const struct failure *why, const char *sha256,
    int64_t now_ms, bool *retried, struct err *err) MUST_CHECK;

/* The attempt does not count: back in the queue. */
enum status queue_returned(struct db *db, const struct lease *lease,
    int64_t now_ms, struct err *err) MUST_CHECK;

/* End a session as `as`, and its leases with it: void counts as a failure of
 * the infrastructure, closed does not count. */
enum status queue_end_session(struct db *db, const char *session,
    enum session_state as, int64_t now_ms, struct err *err) MUST_CHECK;

#endif
