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
    COL(COL_INT, struct stats, reuse.hits),
    COL(COL_INT, struct stats, reuse.misses),
    COL(COL_REAL, struct stats, reuse.saved_s),
    COL(COL_INT, struct stats, devices_online),
};
static const struct shape shape = SHAPE(struct stats, cols);

#define JOBS(state) "(SELECT count(*) FROM job WHERE state = '" state "'), "

/* Seconds in the measured loops of a row. */
#define SPENT_S " coalesce(m.n_epochs * m.iters_per_epoch * m.mean_ns / 1e9, 0)"

/* What layers cost or saved, over the rows `m` of FROM.  The time of layers in
 * situ is that of the whole, which has a row. */
#define HITS   " count(m.cached_from)"
#define MISSES " count(*) - count(m.cached_from)"
#define SAVED_S                                                                \
    " coalesce(sum(iif(m.cached_from IS NULL"                                  \
    " OR (m.level = 'L1' AND m.role = 'layer'), 0.0," SPENT_S ")), 0.0)"

static const char sql_stats[] =
    "SELECT " JOBS("queued") JOBS("running") JOBS("done") JOBS("failed") JOBS(
        "cancelled") "(SELECT count(*) FROM task WHERE state = 'queued'),"
                     " (SELECT count(*) FROM task WHERE state = 'leased'),"
                     " (SELECT count(*) FROM lease WHERE state = 'expired'),"
                     " (SELECT count(*) FROM late_result)," HITS "," MISSES
                     "," SAVED_S ","
                     " (SELECT count(*) FROM device d JOIN session s ON s.id = "
                     "d.session"
                     "  WHERE s.state = 'live' AND s.expires_ms > ?1)"
                     " FROM measure m JOIN profile p ON p.id = m.profile"
                     " WHERE " DB_KEYED("m") " AND p.import IS NULL /*scan*/";

enum status
db_stats(struct db *db, int64_t now_ms, struct stats *out, struct err *err)
{
    return db_row(db, sql_stats, ARGS(A_INT(now_ms)), &shape, out, err);
}

/* ---- queue and closure ---- */

const int stat_wait_bounds_s[STAT_WAITS] = { 1, 10, 60, 600, 3600, 21600 };

static const struct col wait_cols[] = {
    COL(COL_INT, struct queue_waits, at_most[0]),
    COL(COL_INT, struct queue_waits, at_most[1]),
    COL(COL_INT, struct queue_waits, at_most[2]),
    COL(COL_INT, struct queue_waits, at_most[3]),
    COL(COL_INT, struct queue_waits, at_most[4]),
    COL(COL_INT, struct queue_waits, at_most[5]),
    COL(COL_INT, struct queue_waits, n),
    COL(COL_REAL, struct queue_waits, sum_s),
};
static const struct shape wait_shape = SHAPE(struct queue_waits, wait_cols);

#define AT_MOST(bound) " coalesce(sum(s <= " bound "), 0),"

static const char sql_waits[] =
    "SELECT" AT_MOST("1") AT_MOST("10") AT_MOST("60") AT_MOST("600")
        AT_MOST("3600") AT_MOST("21600") " count(*), coalesce(sum(s), 0.0)"
                                         " FROM (SELECT max(0, "
                                         "min(l.created_ms) - j.created_ms) / "
                                         "1e3 AS s"
                                         " FROM job j JOIN task t ON t.job = "
                                         "j.id"
                                         " JOIN lease l ON l.task = t.id GROUP "
                                         "BY j.id) /*scan*/";

enum status
db_queue_waits(struct db *db, struct queue_waits *out, struct err *err)
{
    return db_row(db, sql_waits, NO_ARGS, &wait_shape, out, err);
}

static const struct col closure_cols[] = {
    COL(COL_TEXT, struct closure_now, device),
    COL(COL_TEXT, struct closure_now, model),
    COL(COL_REAL, struct closure_now, closure_rel),
};
static const struct shape closure_shape =
    SHAPE(struct closure_now, closure_cols);

static const char sql_closures[] =
    "SELECT device, model, closure_rel FROM profile WHERE id IN"
    " (SELECT max(id) FROM profile"
    "  WHERE import IS NULL AND closure_rel IS NOT NULL GROUP BY device, model)"
    " ORDER BY id DESC LIMIT 1000 /*scan*/";

struct closure_call {
    closure_fn *fn;
    void *ctx;
};

static enum status
closure_call(const void *row, void *ctx)
{
    const struct closure_call *c = ctx;

    return c->fn(row, c->ctx);
}

enum status
db_closure_list(struct db *db, closure_fn *fn, void *ctx, struct err *err)
{
    return db_each(db, sql_closures, NO_ARGS, &closure_shape, closure_call,
        &(struct closure_call){ fn, ctx }, err);
}

/* ---- what the cache was good for ---- */

static const struct col reuse_cols[] = {
    COL(COL_INT, struct reuse, hits),
    COL(COL_INT, struct reuse, misses),
    COL(COL_REAL, struct reuse, saved_s),
};
static const struct shape reuse_shape = SHAPE(struct reuse, reuse_cols);

static const char sql_reuse_job[] =
    "SELECT" HITS "," MISSES "," SAVED_S
    " FROM task t JOIN profile p ON p.task = t.id"
    " JOIN measure m ON m.profile = p.id"
    " WHERE t.job = ?1 AND " DB_KEYED("m");

enum status
db_reuse_job(struct db *db, int64_t job, struct reuse *out, struct err *err)
{
    return db_row(db, sql_reuse_job, ARGS(A_INT(job)), &reuse_shape, out, err);
}

static const struct col use_cols[] = {
    COL(COL_TEXT, struct device_use, device),
    COL(COL_REAL, struct device_use, done_s),
    COL(COL_REAL, struct device_use, lost_s),
    COL(COL_REAL, struct device_use, saved_s),
};
static const struct shape use_shape = SHAPE(struct device_use, use_cols);

#define LEASED_S(which)                                                        \
    " (SELECT coalesce(sum(l.ended_ms - l.created_ms), 0) / 1e3 FROM lease l"  \
    "  WHERE l.device = d.name AND l.ended_ms IS NOT NULL AND " which "),"

static const char sql_use[] =
    "SELECT d.name," LEASED_S("l.state = 'done'") LEASED_S(
        "l.state <> 'done'") " (SELECT" SAVED_S
                             "  FROM profile p JOIN measure m ON "
                             "m.profile = p.id"
                             "  WHERE p.device_here = d.name) FROM device d "
                             "ORDER BY d.name /*scan*/";

struct use_call {
    device_use_fn *fn;
    void *ctx;
};

static enum status
use_call(const void *row, void *ctx)
{
    const struct use_call *c = ctx;

    return c->fn(row, c->ctx);
}

enum status
db_device_use(struct db *db, device_use_fn *fn, void *ctx, struct err *err)
{
    return db_each(db, sql_use, NO_ARGS, &use_shape, use_call,
        &(struct use_call){ fn, ctx }, err);
}
