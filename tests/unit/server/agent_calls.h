/* SPDX-License-Identifier: MIT */
/*
 * agent_calls.h -- what the tests of the agent API share: sessions, tasks to
 * lease, and calls about a lease.  Helpers assert: a failure ends the test.
 */
#ifndef OFFRAMP_TEST_SERVER_AGENT_CALLS_H
#define OFFRAMP_TEST_SERVER_AGENT_CALLS_H

#include "db/queue.h"
#include "unit/server/call.h"

#define WORKER "{\"version\":\"0.1.0\",\"kinds\":[\"dataset\"]}"
#define BOARD(name)                                                            \
    "{\"name\":\"" name "\",\"env\":{},\"env_fingerprint\":"                   \
    "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}"
#define DONE                                                                   \
    "{\"status\":\"done\",\"result\":{\"n\":5,\"shape\":[1],\"dtype\":\"u1\"}" \
    "}"

enum { TTL_MS = 30000 };

struct held {
    int64_t lease, epoch;
};

/* Open a session of `agent`; its calls begin with "/v1/sessions/ID". */
void open_session(struct service *s, const char *agent, const char *body,
    char *path, size_t cap);

/* Put a task to check a data set into the queue. */
int64_t add_task(struct service *s);

/* The caller ends it with task_clear(). */
struct task get_task(struct service *s, int64_t id);

/* The task is in this state after so many counted attempts. */
void expect_task(
    struct service *s, int64_t id, enum task_state state, int64_t attempt);

/* Lease a task that is there. */
struct held take(struct service *s, const char *session);

/* A call about a lease; the answer's code ("" where it has none). */
int about(struct service *s, struct held h, const char *method,
    const char *what, const char *body, char code[48]);

/* The same, which must be answered so. */
void expect(struct service *s, struct held h, const char *method,
    const char *what, const char *body, int status, const char *code);

#endif
