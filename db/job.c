/* SPDX-License-Identifier: MIT */
#include "db/job.h"

#include "db/queue_internal.h"

static const struct col cols[] = {
    COL(COL_INT, struct job, id),
    COL(COL_TEXT, struct job, name),
    COL(COL_TEXT, struct job, model),
    COL(COL_TEXT, struct job, owner),
    COL(COL_TEXT, struct job, devices),
    COL(COL_TEXT, struct job, levels),
    COL(COL_TEXT, struct job, policy),
    WORD(struct job, cache, cache_mode_words),
    COL(COL_INT, struct job, priority),
    WORD(struct job, state, run_state_words),
    COL(COL_INT, struct job, version),
    COL(COL_INT, struct job, created_ms),
    COL(COL_INT, struct job, started_ms),
    COL(COL_INT, struct job, finished_ms),
    COL(COL_TEXT, struct job, quantise),
};
static const struct shape shape = SHAPE(struct job, cols);
#define SELECT                                                                 \
    "SELECT j.id, j.name, j.model, j.owner, j.devices, j.levels, j.policy,"    \
    " j.cache, j.priority, j.state, j.version, j.created_ms, j.started_ms,"    \
    " j.finished_ms, j.quantise FROM job j"

void
job_clear(struct job *j)
{
    shape_clear(&shape, j);
}

static const char sql_add[] =
    "INSERT INTO job (name, model, owner, devices, levels, policy, cache,"
    " priority, state, version, created_ms, quantise)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'queued', 1, ?9, ?10)";

enum status
db_job_add(struct db *db, const struct job *j, int64_t *id, struct err *err)
{
    return db_insert(db, sql_add,
        ARGS(A_TEXT(j->name), A_TEXT(j->model), A_TEXT(j->owner),
            A_TEXT(j->devices), A_TEXT(j->levels), A_TEXT(j->policy),
            A_TEXT(cache_mode_words[j->cache]), A_INT(j->priority),
            A_INT(j->created_ms), A_TEXT(j->quantise)),
        id, err);
}

static const char sql_set_quantise[] =
    "UPDATE job SET quantise = ?2 WHERE id = ?1";

enum status
db_job_set_quantise(
    struct db *db, int64_t id, const char *text, struct err *err)
{
    return db_run(
        db, sql_set_quantise, ARGS(A_INT(id), A_TEXT(text)), NULL, err);
}

static const char sql_get[] = SELECT " WHERE j.id = ?1";

enum status
db_job_get(struct db *db, int64_t id, struct job *out, struct err *err)
{
    enum status st = db_row(db, sql_get, ARGS(A_INT(id)), &shape, out, err);

    if (st == ST_NOT_FOUND)
        return err_set(err, st, "job.not_found", "no job %lld", (long long)id);
    return st;
}

struct call {
    job_fn *fn;
    void *ctx;
};

static enum status
call(const void *row, void *ctx)
{
    const struct call *c = ctx;

    return c->fn(row, c->ctx);
}

static const char sql_list[] =
    SELECT " WHERE (?1 = 0 OR j.id < ?1) AND (?3 IS NULL OR j.state = ?3)"
           " AND (?4 IS NULL OR EXISTS (SELECT 1 FROM task t"
           "  JOIN task_device d ON d.task = t.id"
           "  WHERE t.job = j.id AND d.device = ?4))"
           " ORDER BY j.id DESC LIMIT ?2 /*scan*/";

enum status
db_job_list(struct db *db, const struct job_filter *f, job_fn *fn, void *ctx,
    struct err *err)
{
    const char *state = f->state < 0 ? NULL : run_state_words[f->state];

    return db_each(db, sql_list,
        ARGS(A_INT(f->page.cursor), A_INT(f->page.limit), A_TEXT(state),
            A_TEXT(f->device)),
        &shape, call, &(struct call){ fn, ctx }, err);
}

struct cancelling {
    int64_t id, now_ms;
};

static const char sql_open_task[] =
    "SELECT id FROM task WHERE job = ?1 AND state IN ('queued', 'leased')"
    " LIMIT 1";

static enum status
cancel(struct db *db, void *ctx, struct err *err)
{
    const struct cancelling *c = ctx;
    struct job job;
    int64_t task;
    enum status st = db_job_get(db, c->id, &job, err);

    if (st != ST_OK)
        return st;
    job_clear(&job);
    while ((st = db_int(db, sql_open_task, ARGS(A_INT(c->id)), &task, err)) ==
           ST_OK)
        if ((st = db_task_cancel(db, task, c->now_ms, err)) != ST_OK)
            return st;
    return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status
db_job_cancel(struct db *db, int64_t id, int64_t now_ms, struct err *err)
{
    return db_tx(db, cancel, &(struct cancelling){ id, now_ms }, err);
}
