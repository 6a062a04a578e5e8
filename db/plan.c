/* SPDX-License-Identifier: MIT */
#include "db/plan.h"

#include "db/db_internal.h"

static const struct col cols[] = {
    COL(COL_INT, struct plan, id),
    COL(COL_INT, struct plan, search),
    COL(COL_INT, struct plan, profile),
    COL(COL_INT, struct plan, records),
    COL(COL_TEXT, struct plan, document),
    COL(COL_INT, struct plan, created_ms),
};
static const struct shape shape = SHAPE(struct plan, cols);
#define SELECT                                                                 \
    "SELECT p.id, p.search, s.profile, s.records, p.document, p.created_ms"    \
    " FROM plan p JOIN search s ON s.id = p.search"

void
plan_clear(struct plan *p)
{
    shape_clear(&shape, p);
}

static const char sql_add[] =
    "INSERT INTO plan (search, document, created_ms) VALUES (?1, ?2, ?3)";

enum status
db_plan_add(struct db *db, int64_t search, const char *document, int64_t now_ms,
    int64_t *id, struct err *err)
{
    enum status st = db_insert(db, sql_add,
        ARGS(A_INT(search), A_TEXT(document), A_INT(now_ms)), id, err);

    return db_explain(err, st, ST_CONFLICT, "plan.exists",
        "search %lld has its plan already", (long long)search);
}

static const char sql_get[] = SELECT " WHERE p.id = ?1";

enum status
db_plan_get(struct db *db, int64_t id, struct plan *out, struct err *err)
{
    enum status st = db_row(db, sql_get, ARGS(A_INT(id)), &shape, out, err);

    if (st == ST_NOT_FOUND)
        return err_set(
            err, st, "plan.not_found", "no plan %lld", (long long)id);
    return st;
}

struct call {
    plan_fn *fn;
    void *ctx;
};

static enum status
call(const void *row, void *ctx)
{
    const struct call *c = ctx;

    return c->fn(row, c->ctx);
}

static const char sql_list[] =
    SELECT " WHERE ?1 = 0 OR p.id < ?1 ORDER BY p.id DESC LIMIT ?2 /*scan*/";

enum status
db_plan_list(
    struct db *db, struct page page, plan_fn *fn, void *ctx, struct err *err)
{
    return db_each(db, sql_list, ARGS(A_INT(page.cursor), A_INT(page.limit)),
        &shape, call, &(struct call){ fn, ctx }, err);
}
