/* SPDX-License-Identifier: MIT */
#include "db/db.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "db/db_internal.h"

enum {
    BUSY_WAIT_MS = 5000, /* SQLite waits so long for a lock */
    BEGIN_TRIES = 3,     /* and we ask so often */
};

/* Pragmas return rows of their own, so they are not cached statements.  Two
 * that switch to WAL at once collide without SQLite waiting: hence the tries.
 */
static enum status
set_up(struct db *db, struct err *err)
{
    static const char pragmas[] = "PRAGMA journal_mode = WAL;"
                                  "PRAGMA synchronous = FULL;"
                                  "PRAGMA foreign_keys = ON;"
                                  "PRAGMA trusted_schema = OFF;";
    int rc = SQLITE_BUSY;

    for (int i = 0; i < 100 && (rc & 0xff) == SQLITE_BUSY; i++) {
        if (i > 0)
            clock_sleep_ns(10 * 1000 * 1000);
        rc = sqlite3_exec(db->sql, pragmas, NULL, NULL, NULL);
    }
    return rc == SQLITE_OK ? ST_OK : db_fail(db, db->path, err);
}

enum status
db_open(struct db **out, const char *path, struct err *err)
{
    struct db *db = calloc(1, sizeof(*db));
    enum status st = ST_OK;
    int rc;

    *out = NULL;
    if (db == NULL || (db->path = strdup(path)) == NULL) {
        st = err_nomem(err);
        goto out;
    }
    rc = sqlite3_open_v2(path, &db->sql,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
            SQLITE_OPEN_EXRESCODE,
        NULL);
    if (rc != SQLITE_OK) {
        st = db->sql == NULL ? err_nomem(err) : db_fail(db, path, err);
        goto out;
    }
    sqlite3_busy_timeout(db->sql, BUSY_WAIT_MS);
    /* Look before WAL is switched on: a foreign file stays as it was. */
    if ((st = db_migrate_check(db, err)) != ST_OK ||
        (st = set_up(db, err)) != ST_OK || (st = db_migrate(db, err)) != ST_OK)
        goto out;
    *out = db;
    db = NULL;
out:
    db_close(db);
    return st;
}

void
db_close(struct db *db)
{
    if (db == NULL)
        return;
    for (size_t i = 0; i < DB_STATEMENTS; i++)
        sqlite3_finalize(db->statements[i].stmt);
    sqlite3_close(db->sql);
    free(db->path);
    free(db);
}

bool
db_idle(const struct db *db)
{
    return sqlite3_get_autocommit(db->sql) != 0;
}

int
db_schema_version(const struct db *db)
{
    return db->version;
}

static const char sql_rollback[] = "ROLLBACK";

static enum status
begin(struct db *db, struct err *err)
{
    static const char sql_begin[] = "BEGIN IMMEDIATE";
    sqlite3_stmt *q;
    enum status st;

    /* Made beforehand, so that going back needs no memory. */
    if ((st = db_begin(db, sql_rollback, NO_ARGS, &q, err)) != ST_OK)
        return st;
    st = ST_BUSY;
    for (int i = 0; i < BEGIN_TRIES && st == ST_BUSY; i++) {
        if (i > 0)
            err_clear(err);
        st = db_run(db, sql_begin, NO_ARGS, NULL, err);
    }
    db->doomed = false;
    return st;
}

/* SQLite ends a transaction by itself after some failures (no memory, disk
 * full); then there is nothing left to roll back.  Going back may itself find
 * no memory at first; where it cannot be done at all, db_idle() says so. */
static void
rollback(struct db *db)
{
    for (int i = 0; i < 3 && !db_idle(db); i++)
        (void)!db_run(db, sql_rollback, NO_ARGS, NULL, NULL);
}

enum status
db_tx(struct db *db, db_tx_fn *fn, void *ctx, struct err *err)
{
    static const char sql_commit[] = "COMMIT";
    enum status st;

    if (!db_idle(db)) {
        if ((st = fn(db, ctx, err)) != ST_OK)
            db->doomed = true;
        return st;
    }
    if ((st = begin(db, err)) != ST_OK)
        return st;
    st = fn(db, ctx, err);
    if (st == ST_OK && (db->doomed || db_idle(db)))
        st = err_set(err, ST_INTERNAL, NULL,
            "a transaction went on after a part of it had failed");
    if (st == ST_OK)
        st = db_run(db, sql_commit, NO_ARGS, NULL, err);
    if (st != ST_OK)
        rollback(db);
    return st;
}
