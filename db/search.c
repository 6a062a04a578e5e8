/* SPDX-License-Identifier: MIT */
#include "db/search.h"

#include "db/queue_internal.h"

static const struct col cols[] = {
    COL(COL_INT, struct search, id),
    COL(COL_TEXT, struct search, owner),
    COL(COL_INT, struct search, profile),
    COL(COL_TEXT, struct search, costs),
    COL(COL_INT, struct search, records),
    COL(COL_TEXT, struct search, problem),
    WORD(struct search, state, run_state_words),
    COL(COL_INT, struct search, version),
    COL(COL_TEXT, struct search, curve),
    COL(COL_INT, struct search, plan),
    COL(COL_INT, struct search, created_ms),
    COL(COL_INT, struct search, started_ms),
    COL(COL_INT, struct search, finished_ms),
    COL(COL_INT, struct search, ending_ms),
};
static const struct shape shape = SHAPE(struct search, cols);
#define SELECT                                                                 \
    "SELECT s.id, s.owner, s.profile, s.costs, s.records, s.problem, s.state," \
    " s.version, s.curve, p.id, s.created_ms, s.started_ms, s.finished_ms,"    \
    " s.ending_ms FROM search s LEFT JOIN plan p ON p.search = s.id"

void
search_clear(struct search *s)
{
    shape_clear(&shape, s);
}

static const char sql_add[] =
    "INSERT INTO search (owner, profile, costs, records, problem, state,"
    " version, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, 'queued', 1, ?6)";

enum status
db_search_add(
    struct db *db, const struct search *s, int64_t *id, struct err *err)
{
    return db_insert(db, sql_add,
        ARGS(A_TEXT(s->owner), A_ZERO(s->profile), A_TEXT(s->costs),
            A_INT(s->records), A_TEXT(s->problem), A_INT(s->created_ms)),
        id, err);
}

static enum status
unknown(int64_t id, struct err *err)
{
    return err_set(
        err, ST_NOT_FOUND, "search.not_found", "no search %lld", (long long)id);
}

static const char sql_get[] = SELECT " WHERE s.id = ?1";

enum status
db_search_get(struct db *db, int64_t id, struct search *out, struct err *err)
{
    enum status st = db_row(db, sql_get, ARGS(A_INT(id)), &shape, out, err);

    return st == ST_NOT_FOUND ? unknown(id, err) : st;
}

static const char sql_curve[] =
    "UPDATE search SET curve = ?2, version = version + 1 WHERE id = ?1";

enum status
db_search_set_curve(
    struct db *db, int64_t id, const char *curve, struct err *err)
{
    int64_t changed = 0;
    enum status st =
        db_run(db, sql_curve, ARGS(A_INT(id), A_TEXT(curve)), &changed, err);

    return st == ST_OK && changed == 0 ? unknown(id, err) : st;
}

struct cancelling {
    int64_t id, now_ms;
};

static const char sql_open_task[] =
    "SELECT id FROM task WHERE search = ?1 AND state IN ('queued', 'leased')"
    " LIMIT 1";

/* Asked once, and only of a task that runs. */
static const char sql_end[] =
    "UPDATE search SET ending_ms = ?2, version = version + 1"
    " WHERE id = ?1 AND ending_ms IS NULL AND EXISTS ("
    "  SELECT 1 FROM task WHERE search = ?1 AND state = 'leased')";

static enum status
cancel(struct db *db, void *ctx, struct err *err)
{
    const struct cancelling *c = ctx;
    struct search search;
    int64_t task, told = 0;
    enum status st = db_search_get(db, c->id, &search, err);

    if (st != ST_OK)
        return st;
    search_clear(&search);
    st = db_run(db, sql_end, ARGS(A_INT(c->id), A_INT(c->now_ms)), &told, err);
    if (st != ST_OK || told > 0)
        return st;
    while ((st = db_int(db, sql_open_task, ARGS(A_INT(c->id)), &task, err)) ==
           ST_OK)
        if ((st = db_task_cancel(db, task, c->now_ms, err)) != ST_OK)
            return st;
    return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status
db_search_cancel(struct db *db, int64_t id, int64_t now_ms, struct err *err)
{
    return db_tx(db, cancel, &(struct cancelling){ id, now_ms }, err);
}

struct call {
    search_fn *fn;
    void *ctx;
};

static enum status
call(const void *row, void *ctx)
{
    const struct call *c = ctx;

    return c->fn(row, c->ctx);
}

static const char sql_list[] =
    SELECT " WHERE ?1 = 0 OR s.id < ?1 ORDER BY s.id DESC LIMIT ?2 /*scan*/";

enum status
db_search_list(
    struct db *db, struct page page, search_fn *fn, void *ctx, struct err *err)
{
    return db_each(db, sql_list, ARGS(A_INT(page.cursor), A_INT(page.limit)),
        &shape, call, &(struct call){ fn, ctx }, err);
}
