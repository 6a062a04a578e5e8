/* SPDX-License-Identifier: MIT */
/*
 * accept.h -- what a finished task's result becomes in the store: one row and
 * one accept_*.c a task kind, the table in accept.c.
 */
#ifndef OFFRAMP_SERVER_ACCEPT_H
#define OFFRAMP_SERVER_ACCEPT_H

#include "base/json.h"
#include "db/queue.h"

/*
 * Store `result` (the "result" object of a task that is done).  Runs in the
 * transaction that ends the lease: all of it commits, or nothing.  What the
 * agent got wrong is ST_INVALID or ST_UNPROCESSABLE with the member named; the
 * agent is told so and the task fails (class infra, that code).
 */
typedef enum status accept_fn(struct db *db, const struct task *task,
    const json_t *result, int64_t now_ms, struct err *err);

/*
 * MAY be NULL.  Add to a payload what is known only when it is leased, such as
 * what this device has measured already.  `payload` is the parsed document,
 * to be changed in place; `device` is NULL for a worker.
 */
struct payload_ask {
    const struct task *task;
    const char *device;
    double audit_rate; /* of cached rows, to be measured again */
    int64_t now_ms;
};
typedef enum status payload_fn(struct db *db, const struct payload_ask *ask,
    json_t *payload, struct err *err);

struct accept_kind {
    accept_fn *accept;   /* MUST */
    payload_fn *payload; /* MAY */
};

/* By kind. */
extern const struct accept_kind accept_kinds[TASK_KIND_COUNT];

#endif
