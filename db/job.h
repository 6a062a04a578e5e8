/* SPDX-License-Identifier: MIT */
/*
 * job.h -- what a person asked for: one model, some devices, one task a
 * device (queue.h).
 *
 * A job's state is what its tasks add up to, written in the transaction that
 * changed a task: `running` from the first lease on; at the end `failed` if a
 * task failed, else `cancelled` if one was, else `done`.  Its version grows
 * with each change of a task, for long polls.
 */
#ifndef OFFRAMP_DB_JOB_H
#define OFFRAMP_DB_JOB_H

#include "db/db.h"
#include "db/word.h"

struct job {
    int64_t id;
    char *name;
    char *model;
    char *owner;                     /* name of the token, or "" */
    char *devices, *levels, *policy; /* documents, as asked for */
    enum cache_mode cache;
    int64_t priority; /* higher first */
    enum run_state state;
    int64_t version;
    int64_t created_ms, started_ms, finished_ms;
    char *quantise; /* document; NULL: not for boards */
};

void job_clear(struct job *j);

/* Add (all but id, state, version, started and finished are read), `queued`.
 * Add its tasks in the same db_tx().  ST_UNPROCESSABLE: unknown model. */
enum status db_job_add(struct db *db, const struct job *j, int64_t *id,
    struct err *err) MUST_CHECK;

/* ST_NOT_FOUND "job.not_found". */
enum status db_job_get(
    struct db *db, int64_t id, struct job *out, struct err *err) MUST_CHECK;

struct job_filter {
    int state;          /* enum run_state, or -1 for any */
    const char *device; /* has a task for it; NULL for any */
    struct page page;
};

typedef enum status job_fn(const struct job *j, void *ctx);
enum status db_job_list(struct db *db, const struct job_filter *f, job_fn *fn,
    void *ctx, struct err *err) MUST_CHECK;

/* Write its document `quantise` anew.  ST_NOT_FOUND is not told apart. */
enum status db_job_set_quantise(
    struct db *db, int64_t id, const char *text, struct err *err) MUST_CHECK;

/* Cancel what has not ended; the leases end, and their agents are told at
 * the next heartbeat.  Again is fine.  ST_NOT_FOUND. */
enum status db_job_cancel(
    struct db *db, int64_t id, int64_t now_ms, struct err *err) MUST_CHECK;

/* How long until it is done? */
struct outlook {
    int64_t position; /* queued tasks that go before its first queued one;
                         -1 where none of its tasks is queued */
    double eta_s;     /* from how long such tasks took, or where none ever was
                         done, from how far they are; NaN where nobody can
                         tell yet, or no device is there to do it */
};

/* ST_NOT_FOUND is not told apart: an unknown job has nothing queued. */
enum status db_job_outlook(struct db *db, int64_t id, int64_t now_ms,
    struct outlook *out, struct err *err) MUST_CHECK;

#endif
