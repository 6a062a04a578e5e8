/* SPDX-License-Identifier: MIT */
#include "db/dataset.h"

#include "db/db_internal.h"

static const struct col cols[] = {
    COL(COL_INT, struct dataset, id),
    COL(COL_TEXT, struct dataset, name),
    COL(COL_TEXT, struct dataset, model),
    COL(COL_TEXT, struct dataset, inputs),
    COL(COL_TEXT, struct dataset, labels),
    COL(COL_TEXT, struct dataset, preprocess),
    COL(COL_TEXT, struct dataset, split),
    WORD(struct dataset, state, item_state_words),
    COL(COL_TEXT, struct dataset, error_code),
    COL(COL_TEXT, struct dataset, error_detail),
    COL(COL_TEXT, struct dataset, error_nodes),
    COL(COL_TEXT, struct dataset, info),
    COL(COL_INT, struct dataset, version),
    COL(COL_INT, struct dataset, created_ms),
};
static const struct shape shape = SHAPE(struct dataset, cols);
#define SELECT                                                                 \
    "SELECT id, name, model, inputs, labels, preprocess, split, state,"        \
    " error_code, error_detail, error_nodes, info, version, created_ms"        \
    " FROM dataset"

void
dataset_clear(struct dataset *d)
{
    shape_clear(&shape, d);
}

static const char sql_add[] =
    "INSERT INTO dataset (name, model, inputs, labels, preprocess, split,"
    " state, version, created_ms)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'checking', 1, ?7)";

enum status
db_dataset_add(
    struct db *db, const struct dataset *d, int64_t *id, struct err *err)
{
    return db_insert(db, sql_add,
        ARGS(A_TEXT(d->name), A_TEXT(d->model), A_TEXT(d->inputs),
            A_TEXT(d->labels), A_TEXT(d->preprocess), A_TEXT(d->split),
            A_INT(d->created_ms)),
        id, err);
}

static enum status
unknown(int64_t id, struct err *err)
{
    return err_set(err, ST_NOT_FOUND, "dataset.not_found", "no data set %lld",
        (long long)id);
}

static const char sql_get[] = SELECT " WHERE id = ?1";

enum status
db_dataset_get(struct db *db, int64_t id, struct dataset *out, struct err *err)
{
    enum status st = db_row(db, sql_get, ARGS(A_INT(id)), &shape, out, err);

    return st == ST_NOT_FOUND ? unknown(id, err) : st;
}

static const char sql_ready[] =
    "UPDATE dataset SET state = 'ready', info = ?2, version = version + 1"
    " WHERE id = ?1";

enum status
db_dataset_ready(struct db *db, int64_t id, const char *info, struct err *err)
{
    int64_t changed = 0;
    enum status st =
        db_run(db, sql_ready, ARGS(A_INT(id), A_TEXT(info)), &changed, err);

    return st == ST_OK && changed == 0 ? unknown(id, err) : st;
}

struct call {
    dataset_fn *fn;
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
db_dataset_list(
    struct db *db, struct page page, dataset_fn *fn, void *ctx, struct err *err)
{
    return db_each(db, sql_list, ARGS(A_INT(page.cursor), A_INT(page.limit)),
        &shape, call, &(struct call){ fn, ctx }, err);
}
