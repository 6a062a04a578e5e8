/* SPDX-License-Identifier: MIT */
/*
 * golden.h -- the golden kernels as tasks of their own: when they are due on
 * a device, and what they gave.
 *
 * They are due before the first work in an environment, after a failure of
 * the infrastructure, on a suspect device, and daily.  A run that was just
 * tried is not due again for DB_GOLDEN_AGAIN_MS, unless the infrastructure
 * failed since.
 */
#ifndef OFFRAMP_DB_GOLDEN_H
#define OFFRAMP_DB_GOLDEN_H

#include "db/db.h"
#include "db/word.h"

#define DB_GOLDEN_EVERY_MS (INT64_C(24) * 3600 * 1000)
#define DB_GOLDEN_AGAIN_MS (INT64_C(10) * 60 * 1000)

struct golden_due {
    enum golden_reason reason;
    char *key; /* dedup_key of the task to add */
};

void golden_due_clear(struct golden_due *d);

/* Are they due on this device of a session, which is in service, idle, and
 * whose agent runs them?  ST_NOT_FOUND: no. */
enum status db_golden_due(struct db *db, const char *device,
    const char *session, int64_t now_ms, struct golden_due *out,
    struct err *err) MUST_CHECK;

struct golden_kernel {
    const char *name;
    int64_t n_epochs;
    double median_ns, ci95_lo_ns, ci95_hi_ns; /* NaN: missing */
    double p10_ns, p90_ns;                    /* of the epochs; NaN: missing */
    double instructions; /* of an emulated board; NaN of others */
    int64_t flags;
    char grade;
};

/* One run; all text is borrowed. */
struct golden_run {
    int64_t task;
    const char *device;
    enum golden_reason reason;
    int64_t created_ms, started_ms, finished_ms;
    int64_t flags;
    const char *env, *env_fingerprint, *env_sha256;
    const struct golden_kernel *kernels;
    size_t n_kernels;
};

/* ST_UNPROCESSABLE where something it names is unknown. */
enum status db_golden_add(struct db *db, const struct golden_run *run,
    int64_t *id, struct err *err) MUST_CHECK;

/* Where a device is with them. */
struct golden_state {
    int64_t task; /* the unfinished one; 0 */
    enum task_state state;
    int64_t last_ms; /* newest run in the present environment; 0 */
};

enum status db_golden_state(struct db *db, const char *device,
    struct golden_state *out, struct err *err) MUST_CHECK;

#endif
