/* SPDX-License-Identifier: MIT */
/* stat.h -- counts for /metrics, and what the cache was good for. */
#ifndef OFFRAMP_DB_STAT_H
#define OFFRAMP_DB_STAT_H

#include "db/db.h"
#include "db/word.h"

/* Rows of layers.  What a copy saved is the time that its source spent in
 * measured loops, so warm-up and set-aside rounds come on top. */
struct reuse {
    int64_t hits, misses; /* copied; measured */
    double saved_s;       /* device seconds */
};

struct stats {
    int64_t jobs[RUN_STATE_COUNT]; /* by state */
    int64_t tasks_queued, tasks_leased;
    int64_t leases_expired, results_late;
    struct reuse reuse;
    int64_t devices_online;
};

enum status db_stats(struct db *db, int64_t now_ms, struct stats *out,
    struct err *err) MUST_CHECK;

/* How long jobs waited until a device had the first of their tasks.  Each
 * count is of those that waited at most stat_wait_bounds_s[i]. */
enum { STAT_WAITS = 6 };
extern const int stat_wait_bounds_s[STAT_WAITS];
struct queue_waits {
    int64_t at_most[STAT_WAITS], n;
    double sum_s;
};
enum status db_queue_waits(
    struct db *db, struct queue_waits *out, struct err *err) MUST_CHECK;

/* closure_rel of the newest profile of each model on each device that has
 * one; at most 1000, newest first. */
struct closure_now {
    char *device, *model;
    double closure_rel;
};
typedef enum status closure_fn(const struct closure_now *c, void *ctx);
enum status db_closure_list(
    struct db *db, closure_fn *fn, void *ctx, struct err *err) MUST_CHECK;

/* Of one job's profiles.  An unknown job reused nothing. */
enum status db_reuse_job(
    struct db *db, int64_t job, struct reuse *out, struct err *err) MUST_CHECK;

/* What a device's time went into. */
struct device_use {
    char *device;
    double done_s, lost_s; /* of leases that ended well; otherwise */
    double saved_s;        /* by copies */
};

/* All devices, by name. */
typedef enum status device_use_fn(const struct device_use *u, void *ctx);
enum status db_device_use(
    struct db *db, device_use_fn *fn, void *ctx, struct err *err) MUST_CHECK;

#endif
