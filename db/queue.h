/* SPDX-License-Identifier: MIT */
/*
 * queue.h -- tasks, and the fenced leases that agents hold on them.
 *
 * A task waits until a session leases it.  Each lease has an epoch of its
 * own, the task's fence: what names an old lease, a wrong epoch or a lease
 * whose time is over changes nothing.  Every change of a task bumps the
 * version of what it works for (job, search, flow, model, data set, records)
 * and derives that one's state in the same transaction.  Leases live in the
 * file: a restart of the server does not end them, only their time does.
 *
 * After a failure, by class: infra is tried 3 times, on another device where
 * one is possible; device twice, after a pause; measure twice, with doubled
 * budget; model and user never again.  Work of several devices at once (relay)
 * is tried once, since the others are gone then.
 */
#ifndef OFFRAMP_DB_QUEUE_H
#define OFFRAMP_DB_QUEUE_H

#include "db/db.h"
#include "db/word.h"

#define DB_QUEUE_TIMEOUT_MS (INT64_C(6) * 3600 * 1000)
#define DB_DEVICE_COOL_MS   (INT64_C(30) * 1000)
#define DB_TASK_DEADLINE_S  3600

struct task {
    int64_t id;
    enum task_kind kind;
    enum task_state state;
    char *owner;      /* whose share of the queue it uses */
    int64_t priority; /* higher first */
    int64_t job;      /* what it works for: 0 or NULL where it does not */
    int64_t search;
    char *model;
    int64_t dataset, records;
    int64_t flow;    /* the work of several stages that it is one of; 0 */
    char *selector;  /* the device asked for, in a person's words; or NULL */
    char *device;    /* of the newest lease; NULL before, and for workers */
    int64_t attempt; /* leases that counted; 0 before the first */
    int64_t budget_scale; /* multiplies time budgets: 1, or 2 after `measure` */
    int64_t deadline_s;   /* for one attempt, before scaling */
    int64_t not_before_ms;  /* rests until then; 0 */
    int64_t queue_until_ms; /* fails if still queued then */
    int64_t fence;          /* epoch of its newest lease */
    char *payload;          /* document for the agent */
    char *blobs;            /* document: blobs the payload needs; may be NULL */
    char *phase, *detail;   /* progress, as the agent told it */
    int64_t done, total;
    enum fail_class error_class; /* newest failure, kept while it is retried */
    char *error_code, *error_detail, *error_nodes;
    char *dedup_key;
    int64_t profile; /* what it made, where it did; 0 */
    int64_t n_parts; /* kept of all its attempts */
    int64_t created_ms, started_ms, finished_ms;
};

void task_clear(struct task *t);

/* What a new task is made of; zero what is not needed. */
struct task_offer {
    enum task_kind kind;
    const char *owner; /* NULL: "" */
    int64_t priority;
    int64_t job, search;
    const char *model;
    int64_t dataset, records, flow;
    const char *selector;
    const char *const *devices; /* any of these may do it; none: a worker */
    size_t n_devices;
    int64_t deadline_s;       /* 0: DB_TASK_DEADLINE_S */
    int64_t queue_timeout_ms; /* 0: DB_QUEUE_TIMEOUT_MS */
    const char *payload, *blobs;
    const char *dedup_key; /* NULL: never merged */
    int64_t now_ms;
};

/* Put a task into the queue.  Where an unfinished task has the same
 * `dedup_key`, *id is that one and nothing is added.  ST_UNPROCESSABLE where
 * something it names is unknown. */
enum status db_task_add(struct db *db, const struct task_offer *offer,
    int64_t *id, struct err *err) MUST_CHECK;

/* ST_NOT_FOUND "task.not_found". */
enum status db_task_get(
    struct db *db, int64_t id, struct task *out, struct err *err) MUST_CHECK;

/* The tasks of a job, a search or a flow, oldest first; payloads are left
 * out. */
typedef enum status task_fn(const struct task *t, void *ctx);
enum status db_task_list_job(struct db *db, int64_t job, task_fn *fn, void *ctx,
    struct err *err) MUST_CHECK;
enum status db_task_list_search(struct db *db, int64_t search, task_fn *fn,
    void *ctx, struct err *err) MUST_CHECK;
enum status db_task_list_flow(struct db *db, int64_t flow, task_fn *fn,
    void *ctx, struct err *err) MUST_CHECK;

/* Cancel one task.  A finished one stays as it is.  ST_NOT_FOUND. */
enum status db_task_cancel(
    struct db *db, int64_t id, int64_t now_ms, struct err *err) MUST_CHECK;

/* The next task after *id that failed at `since_ms` or later, has kept parts
 * of a profile, and made none; *id becomes it.  ST_NOT_FOUND: no more. */
enum status db_task_failed_next(
    struct db *db, int64_t since_ms, int64_t *id, struct err *err) MUST_CHECK;

struct lease {
    int64_t id, epoch, task;
    char *session, *agent;
    char *device; /* NULL for a worker's */
    enum lease_state state;
    int64_t attempt;
    int64_t created_ms;
    int64_t until_ms;    /* ends then unless extended */
    int64_t deadline_ms; /* cannot be extended beyond */
    int64_t ended_ms;
    enum fail_class error_class; /* where it ended as a failure */
    char *result_sha256;         /* of the answer that was accepted */
};

void lease_clear(struct lease *l);

struct lease_want {
    const char *session;
    const char *const *devices; /* free ones; none: a worker */
    size_t n_devices;
    int64_t ttl_ms;
    int64_t now_ms;
};

/* Lease the best task for a session: by priority, then the owner who runs
 * least, then age.  Its kinds decide what it gets; only its own, active,
 * idle devices count.  ST_WAIT: nothing now.  ST_NOT_FOUND and ST_GONE as
 * db_session_touch(), which it does too. */
enum status db_lease_take(struct db *db, const struct lease_want *want,
    struct lease *lease, struct task *task, struct err *err) MUST_CHECK;

/* ST_NOT_FOUND "lease.not_found". */
enum status db_lease_get(
    struct db *db, int64_t id, struct lease *out, struct err *err) MUST_CHECK;

/* One lease's line in a heartbeat. */
struct lease_beat {
    int64_t lease;
    const char *phase, *detail; /* progress; NULL keeps what was there */
    int64_t done, total;
    bool keep;   /* out: extended; false: the agent is to stop that task */
    bool finish; /* out: extended, but it is to end with what it has */
};

/* Extend leases and note their progress.  Touches the session, and fails as
 * that does. */
enum status db_lease_extend(struct db *db, const char *session,
    struct lease_beat *beats, size_t n, int64_t ttl_ms, int64_t now_ms,
    struct err *err) MUST_CHECK;

/* Give back a task that was not started: attempt not counted.  ST_GONE where
 * the lease has ended; ST_CONFLICT "lease.epoch"; ST_NOT_FOUND. */
enum status db_lease_release(struct db *db, int64_t lease, int64_t epoch,
    int64_t now_ms, struct err *err) MUST_CHECK;

/* An agent's answer to a lease: the exact bytes of its body. */
struct lease_answer {
    int64_t lease, epoch;
    const char *body;
    size_t len;
    int64_t now_ms;
};

/* What becomes of a result in the store; runs in the transaction that ends
 * the lease, so that rows and the task's end commit together. */
typedef enum status lease_accept(struct db *db, const struct lease *lease,
    const struct task *task, void *ctx, struct err *err);

/*
 * The task is done: `accept` stores what it made.  A failure of `accept` is
 * returned and nothing is stored; the lease stays.
 *
 * For this and db_lease_fail(): the same body again is ST_OK with *replay
 * true and `accept` not called; another body is ST_CONFLICT "lease.answered";
 * where the lease has ended or its time is over, ST_GONE "lease.expired", and
 * the body is kept as evidence; a wrong epoch is ST_CONFLICT "lease.epoch";
 * ST_NOT_FOUND.
 */
enum status db_lease_finish(struct db *db, const struct lease_answer *a,
    lease_accept *accept, void *ctx, bool *replay, struct err *err) MUST_CHECK;

struct failure {
    enum fail_class class;
    const char *code, *detail, *nodes; /* detail, nodes may be NULL */
};

/* The attempt failed: the class decides what is next.  *retried tells
 * whether the task is in the queue again (may be NULL). */
enum status db_lease_fail(struct db *db, const struct lease_answer *a,
    const struct failure *why, bool *replay, bool *retried,
    struct err *err) MUST_CHECK;

/* Keep part `n` of a result.  The same bytes again are ST_OK with *is_new
 * false; otherwise as for results, but late parts are not kept. */
enum status db_part_put(struct db *db, const struct lease_answer *a, int64_t n,
    bool *is_new, struct err *err) MUST_CHECK;

/* The parts of a lease by number; `body` has `len` bytes and a NUL. */
typedef enum status part_fn(int64_t n, const char *body, size_t len, void *ctx);
enum status db_part_list(struct db *db, int64_t lease, part_fn *fn, void *ctx,
    struct err *err) MUST_CHECK;

/* The first part of a flow's newest task that is at work and handed one in,
 * and who has that task (NULL: a worker).  ST_NOT_FOUND: none is. */
struct offer {
    char *device; /* owned */
    char *body;   /* owned */
};

void offer_clear(struct offer *o);
enum status db_part_offer(
    struct db *db, int64_t flow, struct offer *out, struct err *err) MUST_CHECK;

/* A part as it was kept, also where its lease ended without a result. */
struct part {
    int64_t id;
    int64_t task, lease, attempt;
    char *device; /* NULL: a worker's */
    enum lease_state lease_state;
    int64_t n;
    char *body; /* as sent, JSON */
    int64_t created_ms;
};

void part_clear(struct part *p);

/* All that the attempts of a job's tasks handed in, newest first. */
typedef enum status job_part_fn(const struct part *p, void *ctx);
enum status db_part_list_job(struct db *db, int64_t job,
    const struct page *page, job_part_fn *fn, void *ctx,
    struct err *err) MUST_CHECK;

/* End what is over: leases whose time has passed (an infrastructure failure
 * of their device) and tasks that waited too long.  *n counts both, and may
 * be NULL.  Call every second. */
enum status db_queue_sweep(
    struct db *db, int64_t now_ms, int64_t *n, struct err *err) MUST_CHECK;

/* The clock that all times here come from was set forward by so much (back:
 * less than 0): move what is due by it along, so that no lease, session or
 * wait ends early or lives on. */
enum status db_queue_step(
    struct db *db, int64_t by_ms, struct err *err) MUST_CHECK;

#endif
