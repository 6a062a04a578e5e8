/* SPDX-License-Identifier: MIT */
#include "db/token.h"

#include "db/db_internal.h"

static const struct col cols[] = {
    COL(COL_INT, struct token, id),
    COL(COL_TEXT, struct token, name),
    COL(COL_TEXT, struct token, scopes),
    COL(COL_INT, struct token, created_ms),
    COL(COL_INT, struct token, last_used_ms),
};
static const struct shape shape = SHAPE(struct token, cols);
#define COLUMNS "id, name, scopes, created_ms, last_used_ms"

void
token_clear(struct token *t)
{
    shape_clear(&shape, t);
}

static const char sql_add[] =
    "INSERT INTO token (name, scopes, sha256, created_ms)"
    " VALUES (?1, ?2, ?3, ?4)";

enum status
db_token_add(struct db *db, const char *name, const char *scopes,
    const char *sha256, int64_t now_ms, int64_t *id, struct err *err)
{
    enum status st = db_insert(db, sql_add,
        ARGS(A_TEXT(name), A_TEXT(scopes), A_TEXT(sha256), A_INT(now_ms)), id,
        err);

    return db_explain(err, st, ST_CONFLICT, "token.exists",
        "there is a token '%s' already: choose another name", name);
}

static const char sql_find[] =
    "SELECT " COLUMNS " FROM token WHERE sha256 = ?1";

/* Once a minute is enough, and spares a write for each request. */
static const char sql_used[] = "UPDATE token SET last_used_ms = ?2"
                               " WHERE id = ?1";

enum status
db_token_use(struct db *db, const char *sha256, int64_t now_ms,
    struct token *out, struct err *err)
{
    struct token t;
    enum status st =
        db_row(db, sql_find, ARGS(A_TEXT(sha256)), &shape, &t, err);

    if (st == ST_NOT_FOUND)
        return err_set(err, st, "token.not_found", "no such token");
    if (st != ST_OK)
        return st;
    if (now_ms - t.last_used_ms >= 60 * 1000) {
        st = db_run(db, sql_used, ARGS(A_INT(t.id), A_INT(now_ms)), NULL, err);
        t.last_used_ms = now_ms;
    }
    if (st == ST_OK)
        *out = t;
    else
        token_clear(&t);
    return st;
}

static const char sql_remove[] = "DELETE FROM token WHERE name = ?1";

enum status
db_token_remove(struct db *db, const char *name, struct err *err)
{
    int64_t changed = 0;
    enum status st = db_run(db, sql_remove, ARGS(A_TEXT(name)), &changed, err);

    if (st == ST_OK && changed == 0)
        return err_set(
            err, ST_NOT_FOUND, "token.not_found", "no token '%s'", name);
    return st;
}

static const char sql_count[] = "SELECT count(*) FROM token";

enum status
db_token_count(struct db *db, int64_t *n, struct err *err)
{
    return db_int(db, sql_count, NO_ARGS, n, err);
}

struct call {
    token_fn *fn;
    void *ctx;
};

static enum status
call(const void *row, void *ctx)
{
    const struct call *c = ctx;

    return c->fn(row, c->ctx);
}

static const char sql_list[] =
    "SELECT " COLUMNS " FROM token ORDER BY id DESC /*scan*/";

enum status
db_token_list(struct db *db, token_fn *fn, void *ctx, struct err *err)
{
    return db_each(
        db, sql_list, NO_ARGS, &shape, call, &(struct call){ fn, ctx }, err);
}
