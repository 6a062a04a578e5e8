/* SPDX-License-Identifier: MIT */
/*
 * golden.h -- before a device gets other work, are its golden kernels due?
 * (db/golden.h has the rule.)  Then a task of their own, of highest priority,
 * goes into the queue.
 */
#ifndef OFFRAMP_SERVER_GOLDEN_H
#define OFFRAMP_SERVER_GOLDEN_H

#include "base/json.h"
#include "db/db.h"

/* Look at the devices that a session asks work for. */
enum status golden_schedule(struct db *db, const char *session,
    const char *const *devices, size_t n, int64_t now_ms,
    struct err *err) MUST_CHECK;

/* {task, state, last_at} of a device: its unfinished task (or nulls), and when
 * the newest run in its present environment ended.  The caller owns *out. */
enum status golden_view(struct db *db, const char *device, json_t **out,
    struct err *err) MUST_CHECK;

#endif
