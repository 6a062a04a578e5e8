/* SPDX-License-Identifier: MIT */
/*
 * outlook.c -- when will a job be done?  (job.h)
 *
 * Positions follow the order in which leases are given (lease.c), as if no
 * task ended meanwhile.  A task takes as long as the newest one that was done
 * of an equal job (model, levels, policy, cache) on one of its devices did;
 * where there is none, as long as the last tasks of any job on average.
 */
#include <math.h>

#include "db/job.h"
#include "db/queue_internal.h"

/* Those that one of ?1's devices may take, ranked by priority, then by what
 * their owner will run by then, then by age. */
#define AHEAD                                                                  \
    "WITH line AS (SELECT t.id, t.job, -t.priority AS rank,"                   \
    "  row_number() OVER (PARTITION BY t.owner ORDER BY t.priority DESC, "     \
    "t.id)"                                                                    \
    "  + (SELECT count(*) FROM task r"                                         \
    "   WHERE r.owner = t.owner AND r.state = 'leased') AS share"              \
    "  FROM task t WHERE t.state = 'queued' AND (t.id = ?1 OR EXISTS"          \
    "   (SELECT 1 FROM task_device a JOIN task_device b"                       \
    "    ON b.device = a.device WHERE a.task = t.id AND b.task = ?1))),"       \
    " ahead AS (SELECT q.id, q.job FROM line q JOIN line me ON me.id = ?1"     \
    "  WHERE (q.rank, q.share, q.id) < (me.rank, me.share, me.id))"

/* How long one of `equal` takes in ms; ?2 where that is not known. */
#define TAKES                                                                  \
    "coalesce((SELECT l.ended_ms - l.created_ms FROM profile p"                \
    " JOIN job k ON k.id = p.job"                                              \
    " JOIN lease l ON l.task = p.task AND l.state = 'done'"                    \
    " WHERE p.model_here = equal.model AND k.levels = equal.levels"            \
    " AND k.policy = equal.policy AND k.cache = equal.cache AND p.device IN"   \
    "  (SELECT device FROM task_device WHERE task = ?1)"                       \
    " ORDER BY p.id DESC LIMIT 1), ?2)"

#define EQUAL "j.model, j.levels, j.policy, j.cache"

static const char sql_position[] = AHEAD " SELECT count(*) FROM ahead /*scan*/";

static const char sql_ahead_ms[] =
    AHEAD ", equal AS (SELECT " EQUAL ", count(*) AS n FROM ahead"
          "  LEFT JOIN job j ON j.id = ahead.job GROUP BY 1, 2, 3, 4)"
          " SELECT sum(n * " TAKES ") FROM equal /*scan*/";

/* What is left of the leases on ?1's devices. */
static const char sql_busy_ms[] =
    "WITH equal AS (SELECT " EQUAL ", l.created_ms FROM lease l"
    "  JOIN task t ON t.id = l.task LEFT JOIN job j ON j.id = t.job"
    "  WHERE l.state = 'active' AND l.device IN"
    "   (SELECT device FROM task_device WHERE task = ?1))"
    " SELECT sum(max(0, " TAKES " - (?3 - created_ms))) FROM equal /*scan*/";

/* Of itself, what is left where it runs. */
static const char sql_own_ms[] =
    "WITH equal AS (SELECT " EQUAL ", l.created_ms FROM task t"
    "  LEFT JOIN job j ON j.id = t.job"
    "  LEFT JOIN lease l ON l.task = t.id AND l.state = 'active'"
    "  WHERE t.id = ?1)"
    " SELECT max(0, " TAKES " - coalesce(?3 - created_ms, 0)) FROM equal"
    " /*scan*/";

/* ?1's devices that are at work. */
static const char sql_devices[] =
    "SELECT count(*) FROM task_device c JOIN device d ON d.name = c.device"
    " JOIN session s ON s.id = d.session WHERE c.task = ?1"
    " AND d.mode = 'active' AND d.health <> 'bad'"
    " AND s.state = 'live' AND s.expires_ms > ?2";

static const char sql_mean[] =
    "SELECT CAST(avg(finished_ms - started_ms) AS INTEGER)"
    " FROM (SELECT finished_ms, started_ms FROM task"
    "  WHERE kind = 'profile' AND state = 'done'"
    "  ORDER BY finished_ms DESC LIMIT 20) HAVING count(*) > 0";

/* Where nothing was ever measured: what a lease has done so far, carried on;
 * the first twentieth tells nothing yet. */
static const char sql_by_progress[] =
    "SELECT max((?2 - l.created_ms) * (t.total - t.done) / t.done)"
    " FROM task t JOIN lease l ON l.task = t.id AND l.state = 'active'"
    " WHERE t.job = ?1 AND t.state = 'leased' AND 20 * t.done >= t.total"
    " AND t.total > 0 HAVING count(*) > 0";

struct looking {
    struct db *db;
    int64_t now_ms, mean_ms;
    double left_ms; /* of the task that is done last */
    struct err *err;
};

/* One of the tasks that the others of its job do not outlast. */
struct open_task {
    int64_t id;
    bool leased;
};

static const struct col cols[] = {
    COL(COL_INT, struct open_task, id),
    COL(COL_BOOL, struct open_task, leased),
};
static const struct shape shape = SHAPE(struct open_task, cols);

/* All that run, and the last that waits for each device. */
static const char sql_open[] =
    "SELECT id, 1 FROM task WHERE job = ?1 AND state = 'leased' UNION"
    " SELECT max(t.id), 0 FROM task t JOIN task_device d ON d.task = t.id"
    " WHERE t.job = ?1 AND t.state = 'queued' GROUP BY d.device /*scan*/";

/* Until it can begin: what goes before it, shared among its devices. */
static enum status
wait_ms(const struct looking *l, int64_t task, double *out)
{
    struct db *db = l->db;
    int64_t ahead_ms = 0, busy_ms = 0, devices = 0;
    enum status st;

    if ((st = db_int(db, sql_devices, ARGS(A_INT(task), A_INT(l->now_ms)),
             &devices, l->err)) != ST_OK ||
        (st = db_int(db, sql_ahead_ms, ARGS(A_INT(task), A_INT(l->mean_ms)),
             &ahead_ms, l->err)) != ST_OK ||
        (st = db_int(db, sql_busy_ms,
             ARGS(A_INT(task), A_INT(l->mean_ms), A_INT(l->now_ms)), &busy_ms,
             l->err)) != ST_OK)
        return st;
    *out = devices > 0 ? (double)(ahead_ms + busy_ms) / (double)devices
                       : (double)INFINITY;
    return ST_OK;
}

static enum status
look_at(const void *row, void *ctx)
{
    const struct open_task *t = row;
    struct looking *l = ctx;
    double wait = 0;
    int64_t own_ms = 0;
    enum status st = db_int(l->db, sql_own_ms,
        ARGS(A_INT(t->id), A_INT(l->mean_ms), A_INT(l->now_ms)), &own_ms,
        l->err);

    if (st == ST_OK && !t->leased)
        st = wait_ms(l, t->id, &wait);
    l->left_ms = fmax(l->left_ms, wait + (double)own_ms);
    return st;
}

static const char sql_first[] =
    "SELECT min(id) FROM task WHERE job = ?1 AND state = 'queued'"
    " HAVING count(*) > 0";

static enum status
by_progress(const struct looking *l, int64_t job, double *eta_s)
{
    int64_t left_ms;
    enum status st = db_int(l->db, sql_by_progress,
        ARGS(A_INT(job), A_INT(l->now_ms)), &left_ms, l->err);

    if (st == ST_OK)
        *eta_s = (double)left_ms / 1000;
    return st == ST_NOT_FOUND ? ST_OK : st; /* nobody can tell yet */
}

enum status
db_job_outlook(struct db *db, int64_t id, int64_t now_ms, struct outlook *out,
    struct err *err)
{
    struct looking l = { db, now_ms, 0, 0, err };
    int64_t first = 0;
    enum status st;

    *out = (struct outlook){ .position = -1, .eta_s = NAN };
    st = db_int(db, sql_first, ARGS(A_INT(id)), &first, err);
    if (st == ST_OK)
        st = db_int(db, sql_position, ARGS(A_INT(first)), &out->position, err);
    if (st == ST_OK || st == ST_NOT_FOUND)
        st = db_int(db, sql_mean, NO_ARGS, &l.mean_ms, err);
    if (st == ST_NOT_FOUND)
        return by_progress(&l, id, &out->eta_s);
    if (st != ST_OK)
        return st;
    st = db_each(db, sql_open, ARGS(A_INT(id)), &shape, look_at, &l, err);
    if (st == ST_OK && isfinite(l.left_ms))
        out->eta_s = l.left_ms / 1000;
    return st;
}
