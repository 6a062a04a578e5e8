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
