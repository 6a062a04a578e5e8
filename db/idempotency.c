/* SPDX-License-Identifier: MIT */
#include "db/idempotency.h"

#include <string.h>

#include "db/db_internal.h"

static const struct col cols[] = {
    COL(COL_TEXT, struct idempotency, key),
    COL(COL_TEXT, struct idempotency, owner),
    COL(COL_TEXT, struct idempotency, request_sha256),
    COL(COL_INT, struct idempotency, status),
    COL(COL_TEXT, struct idempotency, body),
    COL(COL_INT, struct idempotency, created_ms),
};
static const struct shape shape = SHAPE(struct idempotency, cols);

void
idempotency_clear(struct idempotency *i)
{
    shape_clear(&shape, i);
}

static const char sql_find[] =
    "SELECT key, owner, request_sha256, status, body, created_ms"
    " FROM idempotency WHERE owner = ?1 AND key = ?2 AND created_ms > ?3";

enum status
db_idempotency_find(struct db *db, const char *key, const char *owner,
    const char *request_sha256, int64_t now_ms, struct idempotency *out,
    struct err *err)
{
    struct idempotency found;
    enum status st = db_row(db, sql_find,
        ARGS(
            A_TEXT(owner), A_TEXT(key), A_INT(now_ms - DB_IDEMPOTENCY_KEEP_MS)),
        &shape, &found, err);

    if (st != ST_OK)
        return st;
    if (strcmp(found.request_sha256, request_sha256) != 0) {
        idempotency_clear(&found);
        return err_set(err, ST_UNPROCESSABLE, "idempotency.key_reused",
            "this Idempotency-Key was used for another request: take a new "
            "one");
    }
    *out = found;
    return ST_OK;
}

/* An old answer under the key is over, swept or not. */
static const char sql_store[] =
    "INSERT INTO idempotency"
    " (owner, key, request_sha256, status, body, created_ms)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    " ON CONFLICT (owner, key) DO UPDATE SET"
    " request_sha256 = excluded.request_sha256, status = excluded.status,"
    " body = excluded.body, created_ms = excluded.created_ms"
    " WHERE idempotency.created_ms <= ?7";

enum status
db_idempotency_store(
    struct db *db, const struct idempotency *i, struct err *err)
{
    int64_t changed = 0;
    enum status st = db_run(db, sql_store,
        ARGS(A_TEXT(i->owner), A_TEXT(i->key), A_TEXT(i->request_sha256),
            A_INT(i->status), A_TEXT(i->body), A_INT(i->created_ms),
            A_INT(i->created_ms - DB_IDEMPOTENCY_KEEP_MS)),
        &changed, err);

    if (st == ST_OK && changed == 0)
        return err_set(err, ST_CONFLICT, "idempotency.in_use",
            "this Idempotency-Key is in use");
    return st;
}

static const char sql_purge[] =
    "DELETE FROM idempotency WHERE created_ms <= ?1";

enum status
db_idempotency_purge(struct db *db, int64_t now_ms, struct err *err)
{
    return db_run(
        db, sql_purge, ARGS(A_INT(now_ms - DB_IDEMPOTENCY_KEEP_MS)), NULL, err);
}
