/* SPDX-License-Identifier: MIT */
#include "db/model.h"

#include "db/db_internal.h"

static const struct col cols[] = {
    COL(COL_INT, struct model, seq),
    COL(COL_TEXT, struct model, id),
    COL(COL_TEXT, struct model, name),
    COL(COL_TEXT, struct model, labels),
    COL(COL_TEXT, struct model, blob),
    COL(COL_TEXT, struct model, shape),
    WORD(struct model, state, item_state_words),
    COL(COL_TEXT, struct model, error_code),
    COL(COL_TEXT, struct model, error_detail),
    COL(COL_TEXT, struct model, error_nodes),
    COL(COL_INT, struct model, version),
    COL(COL_INT, struct model, created_ms),
    COL(COL_TEXT, struct model, analysis),
};
static const struct shape shape = SHAPE(struct model, cols);
#define COLUMNS                                                                \
    "seq, id, name, labels, blob, shape, state, error_code, error_detail,"     \
    " error_nodes, version, created_ms"

void
model_clear(struct model *m)
{
    shape_clear(&shape, m);
}

static const char sql_add[] =
    "INSERT INTO model (id, name, labels, blob, shape, state, version,"
    " created_ms) VALUES (?1, ?2, ?3, ?4, ?5, 'checking', 1, ?6)";

enum status
db_model_add(struct db *db, const struct model *m, struct err *err)
{
    enum status st = db_run(db, sql_add,
        ARGS(A_TEXT(m->id), A_TEXT(m->name), A_TEXT(m->labels), A_TEXT(m->blob),
            A_TEXT(m->shape), A_INT(m->created_ms)),
        NULL, err);

    st = db_explain(err, st, ST_CONFLICT, "model.exists",
        "model %s is in the store already", m->id);
    return db_explain(err, st, ST_UNPROCESSABLE, "blob.not_found",
        "no blob sha256:%s: send it with PUT first", m->blob);
}

static enum status
unknown(const char *id, struct err *err)
{
    return err_set(err, ST_NOT_FOUND, "model.not_found", "no model %s", id);
}

static const char sql_get[] =
    "SELECT " COLUMNS ", analysis FROM model WHERE id = ?1";

enum status
db_model_get(struct db *db, const char *id, struct model *out, struct err *err)
{
    enum status st = db_row(db, sql_get, ARGS(A_TEXT(id)), &shape, out, err);

    return st == ST_NOT_FOUND ? unknown(id, err) : st;
}

static const char sql_ready[] =
    "UPDATE model SET state = 'ready', analysis = ?2, error_code = NULL,"
    " error_detail = NULL, error_nodes = NULL, version = version + 1"
    " WHERE id = ?1";

enum status
db_model_ready(
    struct db *db, const char *id, const char *analysis, struct err *err)
{
    int64_t changed = 0;
    enum status st = db_run(
        db, sql_ready, ARGS(A_TEXT(id), A_TEXT(analysis)), &changed, err);

    return st == ST_OK && changed == 0 ? unknown(id, err) : st;
}

static const char sql_recheck[] =
    "UPDATE model SET state = 'checking', analysis = NULL, error_code = NULL,"
    " error_detail = NULL, error_nodes = NULL, version = version + 1"
    " WHERE id = ?1";

enum status
db_model_recheck(struct db *db, const char *id, struct err *err)
{
    int64_t changed = 0;
    enum status st = db_run(db, sql_recheck, ARGS(A_TEXT(id)), &changed, err);

    return st == ST_OK && changed == 0 ? unknown(id, err) : st;
}

struct call {
    model_fn *fn;
    void *ctx;
};

static enum status
call(const void *row, void *ctx)
{
    const struct call *c = ctx;

    return c->fn(row, c->ctx);
}

static const char sql_list[] =
    "SELECT " COLUMNS ", NULL FROM model WHERE ?1 = 0 OR seq < ?1"
    " ORDER BY seq DESC LIMIT ?2 /*scan*/";

enum status
db_model_list(
    struct db *db, struct page page, model_fn *fn, void *ctx, struct err *err)
{
    return db_each(db, sql_list, ARGS(A_INT(page.cursor), A_INT(page.limit)),
        &shape, call, &(struct call){ fn, ctx }, err);
}
