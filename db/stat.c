/* SPDX-License-Identifier: MIT */
#include "db/stat.h"

#include <stddef.h>

#include "db/db_internal.h"

static const struct col cols[] = {
    COL(COL_INT, struct stats, jobs[RUN_QUEUED]),
    COL(COL_INT, struct stats, jobs[RUN_RUNNING]),
    COL(COL_INT, struct stats, jobs[RUN_DONE]),
    COL(COL_INT, struct stats, jobs[RUN_FAILED]),
    COL(COL_INT, struct stats, jobs[RUN_CANCELLED]),
    COL(COL_INT, struct stats, tasks_queued),
    COL(COL_INT, struct stats, tasks_leased),
    COL(COL_INT, struct stats, leases_expired),
    COL(COL_INT, struct stats, results_late),
    COL(COL_INT, struct stats, rows_measured),
    COL(COL_INT, struct stats, rows_cached),
    COL(COL_INT, struct stats, devices_online),
};
static const struct shape shape = SHAPE(struct stats, cols);

#define JOBS(state) "(SELECT count(*) FROM job WHERE state = '" state "'), "

static const char sql_stats[] =
    "SELECT " JOBS("queued") JOBS("running") JOBS("done") JOBS("failed") JOBS(
        "cancelled") "(SELECT count(*) FROM task WHERE state = 'queued'),"
                     " (SELECT count(*) FROM task WHERE state = 'leased'),"
                     " (SELECT count(*) FROM lease WHERE state = 'expired'),"
                     " (SELECT count(*) FROM late_result),"
                     " (SELECT count(*) FROM measure) - (SELECT count(*) FROM "
                     "measure"
                     "  WHERE cached_from IS NOT NULL),"
                     " (SELECT count(*) FROM measure WHERE cached_from IS NOT "
                     "NULL),"
                     " (SELECT count(*) FROM device d JOIN session s ON s.id = "
                     "d.session"
                     "  WHERE s.state = 'live' AND s.expires_ms > ?1) /*scan*/";

enum status
db_stats(struct db *db, int64_t now_ms, struct stats *out, struct err *err)
{
    return db_row(db, sql_stats, ARGS(A_INT(now_ms)), &shape, out, err);
}
