/* SPDX-License-Identifier: MIT */
/* stat.h -- counts for /metrics. */
#ifndef OFFRAMP_DB_STAT_H
#define OFFRAMP_DB_STAT_H

#include "db/db.h"
#include "db/word.h"

struct stats {
    int64_t jobs[RUN_STATE_COUNT]; /* by state */
    int64_t tasks_queued, tasks_leased;
    int64_t leases_expired, results_late;
    int64_t rows_measured, rows_cached; /* of all profiles */
    int64_t devices_online;
};

enum status db_stats(struct db *db, int64_t now_ms, struct stats *out,
    struct err *err) MUST_CHECK;

#endif
