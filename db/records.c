/* SPDX-License-Identifier: MIT */
#include "db/records.h"

#include "db/db_internal.h"

static const struct col cols[] = {
    COL(COL_INT, struct records, id),
    COL(COL_TEXT, struct records, name),
    COL(COL_TEXT, struct records, model),
    COL(COL_INT, struct records, dataset),
    COL(COL_TEXT, struct records, csv),
    WORD(struct records, state, item_state_words),
    COL(COL_TEXT, struct records, error_code),
    COL(COL_TEXT, struct records, error_detail),
    COL(COL_TEXT, struct records, error_nodes),
    COL(COL_TEXT, struct records, summary),
    COL(COL_INT, struct records, version),
    COL(COL_INT, struct records, created_ms),
};
static const struct shape shape = SHAPE(struct records, cols);
#define SELECT                                                                 \
    "SELECT id, name, model, dataset, csv, state, error_code, error_detail,"   \
    " error_nodes, summary, version, created_ms FROM records"

void
records_clear(struct records *r)
{
    shape_clear(&shape, r);
}

static const char sql_add[] =
    "INSERT INTO records (name, model, dataset, csv, state, version,"
    " created_ms) VALUES (?1, ?2, ?3, ?4, 'checking', 1, ?5)";

enum status
db_records_add(
    struct db *db, const struct records *r, int64_t *id, struct err *err)
{
    return db_insert(db, sql_add,
        ARGS(A_TEXT(r->name), A_TEXT(r->model), A_ZERO(r->dataset),
            A_TEXT(r->csv), A_INT(r->created_ms)),
        id, err);
}

static enum status
unknown(int64_t id, struct err *err)
{
    return err_set(err, ST_NOT_FOUND, "records.not_found", "no records %lld",
        (long long)id);
}

static const char sql_get[] = SELECT " WHERE id = ?1";

enum status
db_records_get(struct db *db, int64_t id, struct records *out, struct err *err)
{
    enum status st = db_row(db, sql_get, ARGS(A_INT(id)), &shape, out, err);

    return st == ST_NOT_FOUND ? unknown(id, err) : st;
}

static const char sql_ready[] =
    "UPDATE records SET state = 'ready', csv = ?2, summary = ?3,"
    " version = version + 1 WHERE id = ?1";

enum status
db_records_ready(struct db *db, int64_t id, const char *csv,
    const char *summary, struct err *err)
{
    int64_t changed = 0;
    enum status st = db_run(db, sql_ready,
        ARGS(A_INT(id), A_TEXT(csv), A_TEXT(summary)), &changed, err);

    return st == ST_OK && changed == 0 ? unknown(id, err) : st;
}

struct call {
    records_fn *fn;
    void *ctx;
};

static enum status
call(const void *row, void *ctx)
{
    const struct call *c = ctx;

    return c->fn(row, c->ctx);
}

static const char sql_list[] =
    SELECT " WHERE ?1 = 0 OR id < ?1 ORDER BY id DESC LIMIT ?2 /*scan*/";

enum status
db_records_list(
    struct db *db, struct page page, records_fn *fn, void *ctx, struct err *err)
{
    return db_each(db, sql_list, ARGS(A_INT(page.cursor), A_INT(page.limit)),
        &shape, call, &(struct call){ fn, ctx }, err);
}
