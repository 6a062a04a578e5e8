/* SPDX-License-Identifier: MIT */
/* task.c -- tasks as things to add, read and cancel, and what a change of one
 * means for the job, search or item that it works for. */
#include "db/queue_internal.h"

static const struct col cols[] = {
    COL(COL_INT, struct task, id),
    WORD(struct task, kind, task_kind_words),
    WORD(struct task, state, task_state_words),
    COL(COL_TEXT, struct task, owner),
    COL(COL_INT, struct task, priority),
    COL(COL_INT, struct task, job),
    COL(COL_INT, struct task, search),
    COL(COL_TEXT, struct task, model),
    COL(COL_INT, struct task, dataset),
    COL(COL_INT, struct task, records),
    COL(COL_INT, struct task, flow),
    COL(COL_TEXT, struct task, selector),
    COL(COL_TEXT, struct task, device),
    COL(COL_INT, struct task, attempt),
    COL(COL_INT, struct task, budget_scale),
    COL(COL_INT, struct task, deadline_s),
    COL(COL_INT, struct task, not_before_ms),
    COL(COL_INT, struct task, queue_until_ms),
    COL(COL_INT, struct task, fence),
    COL(COL_TEXT, struct task, phase),
    COL(COL_TEXT, struct task, detail),
    COL(COL_INT, struct task, done),
    COL(COL_INT, struct task, total),
    WORD(struct task, error_class, fail_class_words),
    COL(COL_TEXT, struct task, error_code),
    COL(COL_TEXT, struct task, error_detail),
    COL(COL_TEXT, struct task, error_nodes),
    COL(COL_TEXT, struct task, dedup_key),
    COL(COL_INT, struct task, profile),
    COL(COL_INT, struct task, n_parts),
    COL(COL_INT, struct task, created_ms),
    COL(COL_INT, struct task, started_ms),
    COL(COL_INT, struct task, finished_ms),
    COL(COL_TEXT, struct task, payload),
    COL(COL_TEXT, struct task, blobs),
};
static const struct shape shape = SHAPE(struct task, cols);
#define COLUMNS                                                                \
    "id, kind, state, owner, priority, job, search, model, dataset, records,"  \
    " flow, selector, device, attempt, budget_scale, deadline_s, "             \
    "not_before_ms,"                                                           \
    " queue_until_ms, fence, phase, detail, done, total, error_class,"         \
    " error_code, error_detail, error_nodes, dedup_key,"                       \
    " (SELECT max(id) FROM profile WHERE task = task.id),"                     \
    " (SELECT count(*) FROM lease l JOIN part p ON p.lease = l.id"             \
    "  WHERE l.task = task.id), created_ms, started_ms, finished_ms"

void
task_clear(struct task *t)
{
    shape_clear(&shape, t);
}

/* ---- adding ---- */

struct adding {
    const struct task_offer *offer;
    int64_t *id;
};

static const char sql_same[] = "SELECT id FROM task WHERE dedup_key = ?1"
                               " AND state IN ('queued', 'leased')";

static const char sql_owner[] =
    "INSERT INTO owner (name) VALUES (?1) ON CONFLICT (name) DO NOTHING";

static const char sql_add[] =
    "INSERT INTO task (kind, state, owner, priority, job, search, model,"
    " dataset, records, selector, attempt, budget_scale, deadline_s,"
    " not_before_ms, queue_until_ms, fence, payload, blobs, done, total,"
    " error_class, dedup_key, created_ms, flow)"
    " VALUES (?1, 'queued', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, 1, ?10, 0, ?11,"
    " 0, ?12, ?13, 0, 0, 'none', ?14, ?15, ?16)";

static const char sql_add_device[] =
    "INSERT INTO task_device (task, device, avoid) VALUES (?1, ?2, 0)"
    " ON CONFLICT (task, device) DO NOTHING";

static enum status
add_row(struct db *db, const struct task_offer *o, const char *owner,
    int64_t *id, struct err *err)
{
    int64_t deadline_s = o->deadline_s > 0 ? o->deadline_s : DB_TASK_DEADLINE_S;
    int64_t wait_ms =
        o->queue_timeout_ms > 0 ? o->queue_timeout_ms : DB_QUEUE_TIMEOUT_MS;

    return db_insert(db, sql_add,
        ARGS(A_TEXT(task_kind_words[o->kind]), A_TEXT(owner),
            A_INT(o->priority), A_ZERO(o->job), A_ZERO(o->search),
            A_TEXT(o->model), A_ZERO(o->dataset), A_ZERO(o->records),
            A_TEXT(o->selector), A_INT(deadline_s), A_INT(o->now_ms + wait_ms),
            A_TEXT(o->payload), A_TEXT(o->blobs), A_TEXT(o->dedup_key),
            A_INT(o->now_ms), A_ZERO(o->flow)),
        id, err);
}

static enum status
add(struct db *db, void *ctx, struct err *err)
{
    const struct adding *a = ctx;
    const struct task_offer *o = a->offer;
    const char *owner = o->owner == NULL ? "" : o->owner;
    enum status st = ST_NOT_FOUND;

    if (o->dedup_key != NULL)
        st = db_int(db, sql_same, ARGS(A_TEXT(o->dedup_key)), a->id, err);
    if (st != ST_NOT_FOUND)
        return st;
    if ((st = db_run(db, sql_owner, ARGS(A_TEXT(owner)), NULL, err)) == ST_OK)
        st = add_row(db, o, owner, a->id, err);
    for (size_t i = 0; i < o->n_devices && st == ST_OK; i++)
        st = db_run(db, sql_add_device,
            ARGS(A_INT(*a->id), A_TEXT(o->devices[i])), NULL, err);
    queue_note(db, *a->id);
    return st == ST_OK ? queue_changed(db, *a->id, o->now_ms, err) : st;
}

enum status
db_task_add(
    struct db *db, const struct task_offer *offer, int64_t *id, struct err *err)
{
    return db_tx(db, add, &(struct adding){ offer, id }, err);
}

/* ---- reading ---- */

static const char sql_get[] =
    "SELECT " COLUMNS ", payload, blobs FROM task WHERE id = ?1";

enum status
db_task_get(struct db *db, int64_t id, struct task *out, struct err *err)
{
    enum status st = db_row(db, sql_get, ARGS(A_INT(id)), &shape, out, err);

    if (st == ST_NOT_FOUND)
        return err_set(
            err, st, "task.not_found", "no task %lld", (long long)id);
    return st;
}

struct call {
    task_fn *fn;
    void *ctx;
};

static enum status
call(const void *row, void *ctx)
{
    const struct call *c = ctx;

    return c->fn(row, c->ctx);
}

static const char sql_of_job[] =
    "SELECT " COLUMNS ", NULL, NULL FROM task WHERE job = ?1 ORDER BY id";

enum status
db_task_list_job(
    struct db *db, int64_t job, task_fn *fn, void *ctx, struct err *err)
{
    return db_each(db, sql_of_job, ARGS(A_INT(job)), &shape, call,
        &(struct call){ fn, ctx }, err);
}

static const char sql_of_search[] =
    "SELECT " COLUMNS ", NULL, NULL FROM task WHERE search = ?1 ORDER BY id";

enum status
db_task_list_search(
    struct db *db, int64_t search, task_fn *fn, void *ctx, struct err *err)
{
    return db_each(db, sql_of_search, ARGS(A_INT(search)), &shape, call,
        &(struct call){ fn, ctx }, err);
}

static const char sql_of_flow[] =
    "SELECT " COLUMNS ", NULL, NULL FROM task WHERE flow = ?1 ORDER BY id";

enum status
db_task_list_flow(
    struct db *db, int64_t flow, task_fn *fn, void *ctx, struct err *err)
{
    return db_each(db, sql_of_flow, ARGS(A_INT(flow)), &shape, call,
        &(struct call){ fn, ctx }, err);
}

/* ---- what a change means ---- */

#define IN(table, states)                                                      \
    "EXISTS (SELECT 1 FROM task WHERE " table " = ?1 AND state IN (" states "))"

/* A job's, a search's or a flow's state from its tasks. */
#define DERIVE(table)                                                                                     \
    "UPDATE " table " SET version = version + 1, state = CASE"                                            \
    " WHEN " IN(table,                                                                                    \
        "'leased'") " THEN 'running'"                                                                     \
                    " WHEN " IN(table,                                                                    \
                        "'queued'") " THEN"                                                               \
                                    "  iif(started_ms IS NULL, 'queued', "                                \
                                    "'running')"                                                          \
                                    " WHEN " IN(table,                                                    \
                                        "'failed'") " THEN 'failed'"                                      \
                                                    " WHEN " IN(table,                                    \
                                                        "'cancelled'") " THEN"                            \
                                                                       " '"                               \
                                                                       "cance"                            \
                                                                       "lled'"                            \
                                                                       " ELSE"                            \
                                                                       " '"                               \
                                                                       "done'"                            \
                                                                       " END,"                            \
                                                                       " star"                            \
                                                                       "ted_"                             \
                                                                       "ms = "                            \
                                                                       "iif("                             \
                                                                       "start"                            \
                                                                       "ed_"                              \
                                                                       "ms "                              \
                                                                       "IS "                              \
                                                                       "NULL "                            \
                                                                       "AND"                              \
                                                                       " " IN(                            \
                                                                           table,                         \
                                                                           "'"                            \
                                                                           "l"                            \
                                                                           "e"                            \
                                                                           "a"                            \
                                                                           "s"                            \
                                                                           "e"                            \
                                                                           "d"                            \
                                                                           "'") ", ?2, started_ms),"      \
                                                                                " finished_ms = iif(" IN( \
                                                                                    table,                \
                                                                                    "'queued', 'leased'") ", NULL, coalesce(finished_ms, ?2)) WHERE id = ?1"

static const char sql_derive_job[] = DERIVE("job"),
                  sql_derive_search[] = DERIVE("search"),
                  sql_derive_flow[] = DERIVE("flow");

/* A search that was told to end has been cancelled, plan or not. */
static const char sql_search_ended[] =
    "UPDATE search SET state = 'cancelled'"
    " WHERE id = ?1 AND state = 'done' AND ending_ms IS NOT NULL";

/* An item's: it is rejected once the task that checks it has ended badly. */
#define REJECT(table)                                                          \
    "UPDATE " table " SET version = version + 1, state = 'rejected',"          \
    " error_code = t.error_code, error_detail = t.error_detail,"               \
    " error_nodes = t.error_nodes"                                             \
    " FROM (SELECT " table " AS item, error_code, error_detail, error_nodes"   \
    "  FROM task WHERE id = ?1 AND state IN ('failed', 'cancelled')) t"        \
    " WHERE " table ".id = t.item AND " table ".state = 'checking'"

#define BUMP(table)                                                            \
    "UPDATE " table " SET version = version + 1"                               \
    " WHERE id = (SELECT " table " FROM task WHERE id = ?1)"

static const struct {
    const char *bump, *reject;
} items[TASK_KIND_COUNT] = {
    [TASK_ANALYSE] = { BUMP("model"), REJECT("model") },
    [TASK_DATASET] = { BUMP("dataset"), REJECT("dataset") },
    [TASK_RECORDS] = { BUMP("records"), REJECT("records") },
};

struct subject {
    enum task_kind kind;
    int64_t job, search, flow;
};

static const struct col subject_cols[] = {
    WORD(struct subject, kind, task_kind_words),
    COL(COL_INT, struct subject, job),
    COL(COL_INT, struct subject, search),
    COL(COL_INT, struct subject, flow),
};
static const struct shape subject_shape = SHAPE(struct subject, subject_cols);

static const char sql_subject[] =
    "SELECT kind, job, search, flow FROM task WHERE id = ?1";

enum status
queue_changed(struct db *db, int64_t id, int64_t now_ms, struct err *err)
{
    struct subject s;
    enum status st =
        db_row(db, sql_subject, ARGS(A_INT(id)), &subject_shape, &s, err);

    if (st == ST_OK && s.job != 0)
        st = db_run(
            db, sql_derive_job, ARGS(A_INT(s.job), A_INT(now_ms)), NULL, err);
    if (st == ST_OK && s.search != 0)
        st = db_run(db, sql_derive_search, ARGS(A_INT(s.search), A_INT(now_ms)),
            NULL, err);
    if (st == ST_OK && s.search != 0)
        st = db_run(db, sql_search_ended, ARGS(A_INT(s.search)), NULL, err);
    if (st == ST_OK && s.flow != 0)
        st = db_run(
            db, sql_derive_flow, ARGS(A_INT(s.flow), A_INT(now_ms)), NULL, err);
    if (st == ST_OK && items[s.kind].bump != NULL)
        st = db_run(db, items[s.kind].bump, ARGS(A_INT(id)), NULL, err);
    if (st == ST_OK && items[s.kind].reject != NULL)
        st = db_run(db, items[s.kind].reject, ARGS(A_INT(id)), NULL, err);
    return st;
}

/* ---- cancelling ---- */

struct cancelling {
    int64_t id, now_ms;
};

static const char sql_cancel[] =
    "UPDATE task SET state = 'cancelled', finished_ms = ?2,"
    " error_class = 'user', error_code = 'user.cancelled',"
    " error_detail = NULL, error_nodes = NULL"
    " WHERE id = ?1 AND state IN ('queued', 'leased')";

static const char sql_cancel_lease[] =
    "UPDATE lease SET state = 'cancelled', ended_ms = ?2"
    " WHERE task = ?1 AND state = 'active'";

static enum status
cancel(struct db *db, void *ctx, struct err *err)
{
    const struct cancelling *c = ctx;
    int64_t changed = 0;
    struct task task;
    enum status st = db_task_get(db, c->id, &task, err);

    if (st != ST_OK)
        return st;
    task_clear(&task);
    st = db_run(
        db, sql_cancel, ARGS(A_INT(c->id), A_INT(c->now_ms)), &changed, err);
    if (st != ST_OK || changed == 0)
        return st;
    st = db_run(
        db, sql_cancel_lease, ARGS(A_INT(c->id), A_INT(c->now_ms)), NULL, err);
    return st == ST_OK ? queue_changed(db, c->id, c->now_ms, err) : st;
}

enum status
db_task_cancel(struct db *db, int64_t id, int64_t now_ms, struct err *err)
{
    return db_tx(db, cancel, &(struct cancelling){ id, now_ms }, err);
}
