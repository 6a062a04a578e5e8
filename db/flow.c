/* SPDX-License-Identifier: MIT */
#include "db/flow.h"

#include "db/queue_internal.h"

static const struct col cols[] = {
    COL(COL_INT, struct flow, id),
    WORD(struct flow, kind, flow_kind_words),
    COL(COL_TEXT, struct flow, owner),
    COL(COL_INT, struct flow, plan),
    COL(COL_TEXT, struct flow, request),
    COL(COL_TEXT, struct flow, document),
    WORD(struct flow, state, run_state_words),
    COL(COL_INT, struct flow, version),
    COL(COL_INT, struct flow, created_ms),
    COL(COL_INT, struct flow, started_ms),
    COL(COL_INT, struct flow, finished_ms),
};
static const struct shape shape = SHAPE(struct flow, cols);
#define SELECT                                                                 \
    "SELECT id, kind, owner, plan, request, document, state, version,"         \
    " created_ms, started_ms, finished_ms FROM flow"

void
flow_clear(struct flow *f)
{
    shape_clear(&shape, f);
}

static const char sql_add[] =
    "INSERT INTO flow (kind, owner, plan, request, state, version, created_ms)"
    " VALUES (?1, ?2, ?3, ?4, 'queued', 1, ?5)";

enum status
db_flow_add(struct db *db, const struct flow *f, int64_t *id, struct err *err)
{
    return db_insert(db, sql_add,
        ARGS(A_TEXT(flow_kind_words[f->kind]), A_TEXT(f->owner),
            A_ZERO(f->plan), A_TEXT(f->request), A_INT(f->created_ms)),
        id, err);
}

static const char *const not_found[] = {
    [FLOW_VALIDATION] = "validation.not_found",
    [FLOW_AUGMENTATION] = "augmentation.not_found",
    [FLOW_TRIAL] = "trial.not_found",
    [FLOW_LINK] = "link.not_found",
};

static const char sql_get[] = SELECT " WHERE id = ?1 AND kind = ?2";

enum status
db_flow_get(struct db *db, enum flow_kind kind, int64_t id, struct flow *out,
    struct err *err)
{
    enum status st = db_row(db, sql_get,
        ARGS(A_INT(id), A_TEXT(flow_kind_words[kind])), &shape, out, err);

    if (st == ST_NOT_FOUND)
        return err_set(err, st, not_found[kind], "no %s %lld",
            flow_kind_words[kind], (long long)id);
    return st;
}

static const char sql_get_any[] = SELECT " WHERE id = ?1";

enum status
db_flow_get_any(struct db *db, int64_t id, struct flow *out, struct err *err)
{
    return db_row(db, sql_get_any, ARGS(A_INT(id)), &shape, out, err);
}

static const char sql_set[] =
    "UPDATE flow SET document = ?2, plan = coalesce(?3, plan),"
    " version = version + 1 WHERE id = ?1";

enum status
db_flow_set(struct db *db, int64_t id, int64_t plan, const char *document,
    struct err *err)
{
    return db_run(db, sql_set, ARGS(A_INT(id), A_TEXT(document), A_ZERO(plan)),
        NULL, err);
}

static const char sql_open[] =
    "SELECT count(*) FROM task WHERE flow = ?1 AND id <> ?2"
    " AND state IN ('queued', 'leased')";

enum status
db_flow_open_tasks(
    struct db *db, int64_t id, int64_t except, int64_t *n, struct err *err)
{
    return db_int(db, sql_open, ARGS(A_INT(id), A_INT(except)), n, err);
}

struct change {
    enum flow_kind kind;
    int64_t id, now_ms;
};

static enum status
must_exist(struct db *db, const struct change *c, struct err *err)
{
    struct flow f = { 0 };
    enum status st = db_flow_get(db, c->kind, c->id, &f, err);

    flow_clear(&f);
    return st;
}

static const char sql_open_task[] =
    "SELECT id FROM task WHERE flow = ?1 AND state IN ('queued', 'leased')"
    " LIMIT 1";

static enum status
cancel(struct db *db, void *ctx, struct err *err)
{
    const struct change *c = ctx;
    int64_t task;
    enum status st = must_exist(db, c, err);

    if (st != ST_OK)
        return st;
    while ((st = db_int(db, sql_open_task, ARGS(A_INT(c->id)), &task, err)) ==
           ST_OK)
        if ((st = db_task_cancel(db, task, c->now_ms, err)) != ST_OK)
            return st;
    return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status
db_flow_cancel(struct db *db, enum flow_kind kind, int64_t id, int64_t now_ms,
    struct err *err)
{
    return db_tx(db, cancel, &(struct change){ kind, id, now_ms }, err);
}

static const char sql_ended_badly[] =
    "SELECT id FROM task WHERE flow = ?1 AND state IN ('failed', 'cancelled')"
    " LIMIT 1";

/* A task of its own never had a chance since, so it starts from nothing. */
static const char sql_again[] =
    "UPDATE task SET state = 'queued', attempt = 0, budget_scale = 1,"
    " not_before_ms = 0, queue_until_ms = ?2, error_class = 'none',"
    " error_code = NULL, error_detail = NULL, error_nodes = NULL,"
    " phase = NULL, detail = NULL, done = 0, total = 0, finished_ms = NULL"
    " WHERE id = ?1";

/* What waited for such a task was rejected with it. */
static const char sql_recheck_model[] =
    "UPDATE model SET state = 'checking', error_code = NULL,"
    " error_detail = NULL, error_nodes = NULL, version = version + 1"
    " WHERE id = (SELECT model FROM task WHERE id = ?1)"
    " AND state = 'rejected'";
static const char sql_recheck_records[] =
    "UPDATE records SET state = 'checking', error_code = NULL,"
    " error_detail = NULL, error_nodes = NULL, version = version + 1"
    " WHERE id = (SELECT records FROM task WHERE id = ?1)"
    " AND state = 'rejected'";

enum status
db_flow_again(struct db *db, int64_t task, int64_t now_ms, struct err *err)
{
    enum status st = db_run(db, sql_again,
        ARGS(A_INT(task), A_INT(now_ms + DB_QUEUE_TIMEOUT_MS)), NULL, err);

    queue_note(db, task);
    if (st == ST_OK)
        st = db_run(db, sql_recheck_model, ARGS(A_INT(task)), NULL, err);
    if (st == ST_OK)
        st = db_run(db, sql_recheck_records, ARGS(A_INT(task)), NULL, err);
    return st == ST_OK ? queue_changed(db, task, now_ms, err) : st;
}

static enum status
resume(struct db *db, void *ctx, struct err *err)
{
    const struct change *c = ctx;
    int64_t task, n = 0;
    enum status st = must_exist(db, c, err);

    if (st != ST_OK)
        return st;
    while ((st = db_int(db, sql_ended_badly, ARGS(A_INT(c->id)), &task, err)) ==
           ST_OK) {
        if ((st = db_flow_again(db, task, c->now_ms, err)) != ST_OK)
            return st;
        n++;
    }
    if (st != ST_NOT_FOUND)
        return st;
    return n > 0 ? ST_OK
                 : err_set(err, ST_CONFLICT, "flow.not_failed",
                       "nothing of %s %lld has failed or was cancelled: there "
                       "is nothing to take up again",
                       flow_kind_words[c->kind], (long long)c->id);
}

enum status
db_flow_resume(struct db *db, enum flow_kind kind, int64_t id, int64_t now_ms,
    struct err *err)
{
    return db_tx(db, resume, &(struct change){ kind, id, now_ms }, err);
}

static const char sql_add_link[] =
    "INSERT INTO link (flow, source, target) VALUES (?1, ?2, ?3)";

enum status
db_link_add(struct db *db, int64_t flow, const char *source, const char *target,
    struct err *err)
{
    return db_run(db, sql_add_link,
        ARGS(A_INT(flow), A_TEXT(source), A_TEXT(target)), NULL, err);
}

struct call {
    flow_fn *fn;
    void *ctx;
};

static enum status
call(const void *row, void *ctx)
{
    const struct call *c = ctx;

    return c->fn(row, c->ctx);
}

static const char sql_list[] = SELECT
    " WHERE kind = ?3 AND (?1 = 0 OR id < ?1)"
    " AND (?4 IS NULL OR plan = ?4)"
    " AND ((?5 IS NULL AND ?6 IS NULL) OR id IN (SELECT flow FROM link"
    "  WHERE (?5 IS NULL OR source = ?5)"
    "  AND (?6 IS NULL OR target = ?6))) ORDER BY id DESC LIMIT ?2 /*scan*/";

enum status
db_flow_list(struct db *db, const struct flow_filter *f, flow_fn *fn, void *ctx,
    struct err *err)
{
    return db_each(db, sql_list,
        ARGS(A_INT(f->page.cursor), A_INT(f->page.limit),
            A_TEXT(flow_kind_words[f->kind]), A_ZERO(f->plan),
            A_TEXT(f->source), A_TEXT(f->target)),
        &shape, call, &(struct call){ fn, ctx }, err);
}
