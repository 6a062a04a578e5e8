/* SPDX-License-Identifier: MIT */
/* query.c -- statements, arguments and rows (db_internal.h). */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/db_internal.h"
#include "db/word.h"

/* SQLite's result codes as outcomes; what is not here is ST_IO. */
static const struct {
    int code;
    enum status st;
} outcomes[] = {
    { SQLITE_NOMEM, ST_NOMEM },
    { SQLITE_BUSY, ST_BUSY },
    { SQLITE_LOCKED, ST_BUSY },
    { SQLITE_FULL, ST_FULL },
    { SQLITE_READONLY, ST_READ_ONLY },
    { SQLITE_TOOBIG, ST_TOO_LARGE },
    { SQLITE_ERROR, ST_INTERNAL },
    { SQLITE_MISUSE, ST_INTERNAL },
    { SQLITE_RANGE, ST_INTERNAL },
};

static enum status
fail_constraint(struct db *db, struct err *err)
{
    const char *text = sqlite3_errmsg(db->sql);

    switch (sqlite3_extended_errcode(db->sql)) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
        return err_set(err, ST_CONFLICT, "store.exists", "%s", text);
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return err_set(err, ST_UNPROCESSABLE, "store.unknown_reference",
            "something that this names is not in the store");
    default:
        return err_set(err, ST_UNPROCESSABLE, "store.refused", "%s", text);
    }
}

/* SQLite says of a failed call only that it failed; the log's file knows why.
 */
static int
errno_of_log(struct db *db)
{
    sqlite3_file *f = NULL;
    int e = 0;

    sqlite3_file_control(
        db->sql, "main", SQLITE_FCNTL_JOURNAL_POINTER, (void *)&f);
    if (f != NULL && f->pMethods != NULL)
        f->pMethods->xFileControl(f, SQLITE_FCNTL_LAST_ERRNO, &e);
    return e;
}

enum status
db_fail(struct db *db, const char *what, struct err *err)
{
    int code = sqlite3_errcode(db->sql) & 0xff, e;

    if (code == SQLITE_CONSTRAINT)
        return fail_constraint(db, err);
    if (code == SQLITE_NOMEM)
        return err_nomem(err);
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        return err_set(err, ST_CORRUPT, NULL,
            "the store is damaged: stop the server, then bring back a copy, or "
            "save what can be read with sqlite3's .recover (%.60s)",
            what);
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
        if (outcomes[i].code == code)
            return err_set(err, outcomes[i].st, NULL, "store: %s (%.60s)",
                sqlite3_errmsg(db->sql), what);
    e = code == SQLITE_IOERR ? errno_of_log(db) : 0;
    return err_set(err, status_of_errno(e), NULL, "store: %s%s%s (%.60s)",
        sqlite3_errmsg(db->sql), e != 0 ? ": " : "", e != 0 ? strerror(e) : "",
        what);
}

enum status
db_explain(struct err *err, enum status st, enum status was, const char *code,
    const char *fmt, ...)
{
    char text[256];
    va_list ap;

    if (st != was)
        return st;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    err_clear(err);
    return err_set(err, st, code, "%s", text);
}

/* Find or prepare the statement of a literal. */
static enum status
prepare(struct db *db, const char *sql, sqlite3_stmt **q, struct err *err)
{
    size_t at = ((uintptr_t)sql >> 4) % DB_STATEMENTS;

    for (size_t i = 0; i < DB_STATEMENTS; i++) {
        size_t k = (at + i) % DB_STATEMENTS;

        if (db->statements[k].sql == sql) {
            *q = db->statements[k].stmt;
            return ST_OK;
        }
        if (db->statements[k].sql != NULL)
            continue;
        if (sqlite3_prepare_v3(db->sql, sql, -1, SQLITE_PREPARE_PERSISTENT, q,
                NULL) != SQLITE_OK)
            return db_fail(db, sql, err);
        db->statements[k].sql = sql;
        db->statements[k].stmt = *q;
        return ST_OK;
    }
    return err_set(err, ST_INTERNAL, NULL, "store: too many statements");
}

static int
bind(sqlite3_stmt *q, int at, const struct arg *a)
{
    switch (a->kind) {
    case ARG_ZERO:
        if (a->i == 0)
            return sqlite3_bind_null(q, at);
        return sqlite3_bind_int64(q, at, a->i);
    case ARG_INT:
        return sqlite3_bind_int64(q, at, a->i);
    case ARG_REAL: /* SQLite makes NaN NULL */
        return sqlite3_bind_double(q, at, a->r);
    case ARG_TEXT:
        return sqlite3_bind_text(q, at, a->p, -1, SQLITE_STATIC);
    case ARG_BLOB:
        /* A NULL pointer would be NULL, but an empty body is a body. */
        return sqlite3_bind_blob64(
            q, at, a->p == NULL ? "" : a->p, a->len, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

enum status
db_begin(struct db *db, const char *sql, struct args args, sqlite3_stmt **q,
    struct err *err)
{
    enum status st = prepare(db, sql, q, err);

    if (st != ST_OK)
        return st;
    if (sqlite3_stmt_busy(*q))
        return err_set(err, ST_INTERNAL, NULL,
            "store: a query was started inside itself (%.60s)", sql);
    for (size_t i = 0; i < args.n; i++) {
        if (bind(*q, (int)i + 1, &args.v[i]) != SQLITE_OK) {
            st = db_fail(db, sql, err);
            sqlite3_clear_bindings(*q);
            return st;
        }
    }
    return ST_OK;
}

/* A query that reads a whole table says so in its SQL, or lacks an index. */
static void
warn_of_scan(sqlite3_stmt *q)
{
#ifndef NDEBUG
    if (sqlite3_stmt_status(q, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1) > 0 &&
        strstr(sqlite3_sql(q), "/*scan*/") == NULL)
        log_warn("store: a whole table was read by %s", sqlite3_sql(q));
#else
    (void)q;
#endif
}

void
db_done(sqlite3_stmt *q)
{
    warn_of_scan(q);
    sqlite3_reset(q);
    sqlite3_clear_bindings(q); /* they point into the caller's memory */
}

enum status
db_run(struct db *db, const char *sql, struct args args, int64_t *changed,
    struct err *err)
{
    sqlite3_stmt *q;
    enum status st = db_begin(db, sql, args, &q, err);
    int rc;

    if (st != ST_OK)
        return st;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW)
        continue;
    if (rc != SQLITE_DONE)
        st = db_fail(db, sql, err);
    else if (changed != NULL)
        *changed = sqlite3_changes64(db->sql);
    db_done(q);
    return st;
}

enum status
db_insert(struct db *db, const char *sql, struct args args, int64_t *id,
    struct err *err)
{
    enum status st = db_run(db, sql, args, NULL, err);

    if (st == ST_OK && id != NULL)
        *id = sqlite3_last_insert_rowid(db->sql);
    return st;
}

static enum status
read_col(
    sqlite3_stmt *q, int at, const struct col *col, char *row, struct err *err)
{
    void *field = row + col->offset;
    const char *text;
    int word;

    switch (col->kind) {
    case COL_INT:
        *(int64_t *)field = sqlite3_column_int64(q, at);
        return ST_OK;
    case COL_REAL:
        *(double *)field = sqlite3_column_type(q, at) == SQLITE_NULL
                               ? NAN
                               : sqlite3_column_double(q, at);
        return ST_OK;
    case COL_BOOL:
        *(bool *)field = sqlite3_column_int(q, at) != 0;
        return ST_OK;
    case COL_TEXT:
    case COL_CHAR:
    case COL_WORD:
        break;
    }
    if (sqlite3_column_type(q, at) == SQLITE_NULL)
        return ST_OK; /* the row was zeroed */
    if ((text = (const char *)sqlite3_column_text(q, at)) == NULL)
        return err_nomem(err);
    if (col->kind == COL_CHAR) {
        *(char *)field = text[0];
        return ST_OK;
    }
    if (col->kind == COL_TEXT) {
        *(char **)field = strdup(text);
        return *(char **)field == NULL ? err_nomem(err) : ST_OK;
    }
    if ((word = word_find(col->words, text)) < 0)
        return err_set(err, ST_CORRUPT, NULL,
            "the store is damaged: stop the server, then bring back a copy "
            "(unknown word '%.40s')",
            text);
    memcpy(field, &word, sizeof(word)); /* an enum is an int here */
    return ST_OK;
}

/* Read the current row; a failure leaves `row` cleared. */
static enum status
read_row(sqlite3_stmt *q, const struct shape *shape, void *row, struct err *err)
{
    enum status st = ST_OK;

    memset(row, 0, shape->size);
    for (size_t i = 0; i < shape->n && st == ST_OK; i++)
        st = read_col(q, (int)i, &shape->cols[i], row, err);
    if (st != ST_OK)
        shape_clear(shape, row);
    return st;
}

void
shape_clear(const struct shape *shape, void *row)
{
    for (size_t i = 0; i < shape->n; i++)
        if (shape->cols[i].kind == COL_TEXT)
            free(*(char **)((char *)row + shape->cols[i].offset));
    memset(row, 0, shape->size);
}

enum status
db_row(struct db *db, const char *sql, struct args args,
    const struct shape *shape, void *row, struct err *err)
{
    sqlite3_stmt *q;
    enum status st = db_begin(db, sql, args, &q, err);

    if (st != ST_OK)
        return st;
    switch (sqlite3_step(q)) {
    case SQLITE_ROW:
        st = read_row(q, shape, row, err);
        break;
    case SQLITE_DONE:
        st = ST_NOT_FOUND;
        break;
    default:
        st = db_fail(db, sql, err);
    }
    db_done(q);
    return st;
}

enum status
db_int(struct db *db, const char *sql, struct args args, int64_t *out,
    struct err *err)
{
    sqlite3_stmt *q;
    enum status st = db_begin(db, sql, args, &q, err);

    if (st != ST_OK)
        return st;
    switch (sqlite3_step(q)) {
    case SQLITE_ROW:
        *out = sqlite3_column_int64(q, 0);
        break;
    case SQLITE_DONE:
        st = ST_NOT_FOUND;
        break;
    default:
        st = db_fail(db, sql, err);
    }
    db_done(q);
    return st;
}

enum status
db_each(struct db *db, const char *sql, struct args args,
    const struct shape *shape, row_fn *fn, void *ctx, struct err *err)
{
    sqlite3_stmt *q = NULL;
    enum status st;
    void *row = malloc(shape->size);
    int rc = SQLITE_DONE;

    if (row == NULL)
        return err_nomem(err);
    if ((st = db_begin(db, sql, args, &q, err)) != ST_OK) {
        free(row);
        return st;
    }
    while (st == ST_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        if ((st = read_row(q, shape, row, err)) == ST_OK) {
            st = fn(row, ctx);
            shape_clear(shape, row);
        }
    }
    if (st == ST_OK && rc != SQLITE_DONE)
        st = db_fail(db, sql, err);
    db_done(q);
    free(row);
    return st;
}
