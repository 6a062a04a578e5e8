/* SPDX-License-Identifier: MIT */
/* lease.c -- taking, extending and giving back leases. */
#include <stdio.h>

#include "db/agent.h"
#include "db/queue_internal.h"

static const struct col cols[] = {
    COL(COL_INT, struct lease, id),
    COL(COL_INT, struct lease, epoch),
    COL(COL_INT, struct lease, task),
    COL(COL_TEXT, struct lease, session),
    COL(COL_TEXT, struct lease, agent),
    COL(COL_TEXT, struct lease, device),
    WORD(struct lease, state, lease_state_words),
    COL(COL_INT, struct lease, attempt),
    COL(COL_INT, struct lease, created_ms),
    COL(COL_INT, struct lease, until_ms),
    COL(COL_INT, struct lease, deadline_ms),
    COL(COL_INT, struct lease, ended_ms),
    WORD(struct lease, error_class, fail_class_words),
    COL(COL_TEXT, struct lease, result_sha256),
};
static const struct shape shape = SHAPE(struct lease, cols);

void
lease_clear(struct lease *l)
{
    shape_clear(&shape, l);
}

static const char sql_get[] =
    "SELECT l.id, l.epoch, l.task, l.session, s.agent, l.device, l.state,"
    " l.attempt, l.created_ms, l.until_ms, l.deadline_ms, l.ended_ms,"
    " l.error_class, l.result_sha256"
    " FROM lease l JOIN session s ON s.id = l.session WHERE l.id = ?1";

enum status
db_lease_get(struct db *db, int64_t id, struct lease *out, struct err *err)
{
    enum status st = db_row(db, sql_get, ARGS(A_INT(id)), &shape, out, err);

    if (st == ST_NOT_FOUND)
        return err_set(err, st, "lease.not_found",
            "no lease %lld in this store: is it of another server?",
            (long long)id);
    return st;
}

/* ---- taking ---- */

/*
 * The next task: the head of each owner's queue, and of these the one of the
 * highest priority, then of the owner who runs least, then the oldest.
 * ?1 now, ?2 ",kinds,", ?3 device, ?4 true if that device is a second choice.
 */
#define NEXT(who)                                                              \
    "SELECT t.id FROM owner o CROSS JOIN task t ON t.id ="                     \
    " (SELECT q.id FROM task q WHERE q.owner = o.name AND q.state = 'queued'"  \
    "  AND q.not_before_ms <= ?1 AND instr(?2, ',' || q.kind || ',') > 0"      \
    "  AND " who " ORDER BY q.priority DESC, q.id LIMIT 1)"                    \
    " ORDER BY t.priority DESC, (SELECT count(*) FROM task r"                  \
    "  WHERE r.owner = o.name AND r.state = 'leased'), t.id LIMIT 1"

#define ANY_WORKER                                                             \
    "NOT EXISTS (SELECT 1 FROM task_device c WHERE c.task = q.id)"

/* A device that failed the task or is suspect gets it only where no better
 * one is there to take it. */
#define THIS_DEVICE                                                            \
    "EXISTS (SELECT 1 FROM task_device c"                                      \
    "  WHERE c.task = q.id AND c.device = ?3"                                  \
    "  AND ((c.avoid = 0 AND NOT ?4) OR NOT EXISTS ("                          \
    "   SELECT 1 FROM task_device b JOIN device v ON v.name = b.device"        \
    "   JOIN session s ON s.id = v.session"                                    \
    "   WHERE b.task = q.id AND b.device <> ?3 AND b.avoid = 0"                \
    "   AND v.health = 'good' AND v.mode = 'active'"                           \
    "   AND s.state = 'live' AND s.expires_ms > ?1)))"

#define TAKE(next)                                                             \
    "UPDATE task SET state = 'leased', fence = fence + 1,"                     \
    " attempt = attempt + 1, device = ?3, phase = NULL, detail = NULL,"        \
    " done = 0, total = 0, started_ms = coalesce(started_ms, ?1)"              \
    " WHERE id = (" next ") RETURNING id"

static const char sql_peek_worker[] = NEXT(ANY_WORKER) " /*scan*/",
                  sql_take_worker[] = TAKE(NEXT(ANY_WORKER)) " /*scan*/",
                  sql_peek_device[] = NEXT(THIS_DEVICE) " /*scan*/",
                  sql_take_device[] = TAKE(NEXT(THIS_DEVICE)) " /*scan*/";

/* Is the device this session's, in service and idle?  If so: is it a second
 * choice? */
static const char sql_device[] =
    "SELECT d.health <> 'good' FROM device d"
    " WHERE d.name = ?1 AND d.session = ?2 AND d.mode = 'active'"
    " AND d.health <> 'bad' AND NOT EXISTS (SELECT 1 FROM lease l"
    "  WHERE l.device = d.name AND l.state = 'active')";

static const char sql_add[] =
    "INSERT INTO lease (task, epoch, session, device, state, attempt,"
    " created_ms, until_ms, deadline_ms, error_class)"
    " SELECT id, fence, ?2, device, 'active', attempt, ?3, ?3 + ?4,"
    " ?3 + ?4 + 1000 * deadline_s * budget_scale, 'none'"
    " FROM task WHERE id = ?1";

/* The longest word of a kind, and its comma. */
enum { KIND_TEXT = 16 };

struct taking {
    const struct lease_want *want;
    const char *device;                          /* NULL: a worker */
    char kinds[2 + KIND_TEXT * TASK_KIND_COUNT]; /* ",analyse,search," */
    bool found;
    struct lease lease;
    struct task task;
};

static enum status
next_task(struct db *db, const struct taking *t, bool take, int64_t *task,
    struct err *err)
{
    const char *worker = take ? sql_take_worker : sql_peek_worker;
    const char *device = take ? sql_take_device : sql_peek_device;
    int64_t now_ms = t->want->now_ms, second = 0;
    enum status st;

    if (t->device == NULL && take)
        return db_int(db, worker,
            ARGS(A_INT(now_ms), A_TEXT(t->kinds), A_TEXT(NULL)), task, err);
    if (t->device == NULL)
        return db_int(
            db, worker, ARGS(A_INT(now_ms), A_TEXT(t->kinds)), task, err);
    st = db_int(db, sql_device,
        ARGS(A_TEXT(t->device), A_TEXT(t->want->session)), &second, err);
    if (st != ST_OK)
        return st;
    return db_int(db, device,
        ARGS(A_INT(now_ms), A_TEXT(t->kinds), A_TEXT(t->device), A_INT(second)),
        task, err);
}

static enum status
take(struct db *db, void *ctx, struct err *err)
{
    struct taking *t = ctx;
    int64_t task = 0, lease = 0;
    enum status st = next_task(db, t, true, &task, err);

    if (st != ST_OK) /* another caller was faster: not a failure */
        return st == ST_NOT_FOUND ? ST_OK : st;
    if ((st = db_insert(db, sql_add,
             ARGS(A_INT(task), A_TEXT(t->want->session), A_INT(t->want->now_ms),
                 A_INT(t->want->ttl_ms)),
             &lease, err)) != ST_OK ||
        (st = queue_changed(db, task, t->want->now_ms, err)) != ST_OK ||
        (st = db_lease_get(db, lease, &t->lease, err)) != ST_OK ||
        (st = db_task_get(db, task, &t->task, err)) != ST_OK)
        return st;
    t->found = true;
    return ST_OK;
}

/* Look first without the write lock: most polls find nothing. */
static enum status
try_device(struct db *db, struct taking *t, struct err *err)
{
    int64_t task = 0;
    enum status st = next_task(db, t, false, &task, err);

    if (st != ST_OK)
        return st == ST_NOT_FOUND ? ST_OK : st;
    if ((st = db_tx(db, take, t, err)) != ST_OK) {
        lease_clear(&t->lease);
        task_clear(&t->task);
    }
    return st;
}

static enum status
session_kinds(struct db *db, struct taking *t, struct err *err)
{
    const struct lease_want *w = t->want;
    struct session s;
    size_t n = 1;
    enum status st;

    if ((st = db_session_touch(db, w->session, w->ttl_ms, w->now_ms, err)) !=
            ST_OK ||
        (st = db_session_get(db, w->session, &s, err)) != ST_OK)
        return st;
    t->kinds[0] = ',';
    for (int k = 0; k < TASK_KIND_COUNT; k++)
        if (s.kinds & KIND_BIT(k) && n + KIND_TEXT < sizeof(t->kinds))
            n += (size_t)snprintf(
                t->kinds + n, sizeof(t->kinds) - n, "%s,", task_kind_words[k]);
    session_clear(&s);
    return ST_OK;
}

enum status
db_lease_take(struct db *db, const struct lease_want *want, struct lease *lease,
    struct task *task, struct err *err)
{
    struct taking t = { .want = want };
    enum status st = session_kinds(db, &t, err);

    if (st == ST_OK && want->n_devices == 0)
        st = try_device(db, &t, err);
    for (size_t i = 0; i < want->n_devices && st == ST_OK && !t.found; i++) {
        t.device = want->devices[i];
        st = try_device(db, &t, err);
    }
    if (st != ST_OK)
        return st;
    if (!t.found)
        return ST_WAIT;
    *lease = t.lease;
    *task = t.task;
    return ST_OK;
}

/* ---- extending ---- */

struct extending {
    const char *session;
    struct lease_beat *beats;
    size_t n;
    int64_t ttl_ms, now_ms;
};

static const char sql_extend[] =
    "UPDATE lease SET until_ms = min(?3 + ?4, deadline_ms)"
    " WHERE id = ?1 AND session = ?2 AND state = 'active' AND until_ms > ?3";

static const char sql_ending[] =
    "SELECT 1 FROM lease l JOIN task t ON t.id = l.task"
    " JOIN search s ON s.id = t.search"
    " WHERE l.id = ?1 AND s.ending_ms IS NOT NULL";

static const char sql_progress[] =
    "UPDATE task SET phase = ?2, detail = ?3, done = ?4, total = ?5"
    " WHERE id = (SELECT task FROM lease WHERE id = ?1)"
    " AND (phase, detail, done, total) IS NOT (?2, ?3, ?4, ?5) RETURNING id";

static enum status
extend_one(struct db *db, const struct extending *e, struct lease_beat *b,
    struct err *err)
{
    int64_t changed = 0, task = 0, ending = 0;
    enum status st = db_run(db, sql_extend,
        ARGS(A_INT(b->lease), A_TEXT(e->session), A_INT(e->now_ms),
            A_INT(e->ttl_ms)),
        &changed, err);

    b->keep = st == ST_OK && changed > 0;
    b->finish = false;
    if (!b->keep)
        return st;
    st = db_int(db, sql_ending, ARGS(A_INT(b->lease)), &ending, err);
    b->finish = st == ST_OK;
    if ((st != ST_OK && st != ST_NOT_FOUND) || b->phase == NULL)
        return st == ST_NOT_FOUND ? ST_OK : st;
    st = db_int(db, sql_progress,
        ARGS(A_INT(b->lease), A_TEXT(b->phase), A_TEXT(b->detail),
            A_INT(b->done), A_INT(b->total)),
        &task, err);
    if (st == ST_NOT_FOUND)
        return ST_OK; /* the same as before */
    return st == ST_OK ? queue_changed(db, task, e->now_ms, err) : st;
}

static enum status
extend(struct db *db, void *ctx, struct err *err)
{
    const struct extending *e = ctx;
    enum status st =
        db_session_touch(db, e->session, e->ttl_ms, e->now_ms, err);

    for (size_t i = 0; i < e->n && st == ST_OK; i++)
        st = extend_one(db, e, &e->beats[i], err);
    return st;
}

enum status
db_lease_extend(struct db *db, const char *session, struct lease_beat *beats,
    size_t n, int64_t ttl_ms, int64_t now_ms, struct err *err)
{
    struct extending e = { session, beats, n, ttl_ms, now_ms };

    if (n == 0)
        return db_session_touch(db, session, ttl_ms, now_ms, err);
    return db_tx(db, extend, &e, err);
}

/* ---- giving back ---- */

struct releasing {
    int64_t lease, epoch, now_ms;
};

static enum status
release(struct db *db, void *ctx, struct err *err)
{
    const struct releasing *r = ctx;
    struct lease l;
    enum status st = db_lease_get(db, r->lease, &l, err);

    if (st != ST_OK)
        return st;
    if (l.epoch != r->epoch)
        st = err_set(err, ST_CONFLICT, "lease.epoch",
            "lease %lld has another epoch", (long long)l.id);
    else if (l.state != LEASE_ACTIVE || l.until_ms <= r->now_ms)
        st = err_set(
            err, ST_GONE, NULL, "lease %lld has ended", (long long)l.id);
    else
        st = queue_returned(db, &l, r->now_ms, err);
    lease_clear(&l);
    return st;
}

enum status
db_lease_release(struct db *db, int64_t lease, int64_t epoch, int64_t now_ms,
    struct err *err)
{
    struct releasing r = { lease, epoch, now_ms };

    return db_tx(db, release, &r, err);
}
