/* SPDX-License-Identifier: MIT */
/*
 * db_internal.h -- what the files of this folder share: prepared statements,
 * bound arguments, and rows read into structs by a table of columns.
 *
 * A query is one `static const char[]` above its function, and is cached by
 * the address of that literal.
 */
#ifndef OFFRAMP_DB_DB_INTERNAL_H
#define OFFRAMP_DB_DB_INTERNAL_H

#include <sqlite3.h>

#include "base/hash.h"
#include "db/db.h"
#include "db/work.h"

enum { DB_STATEMENTS = 256, DB_VERIFIED = 256 };

/* A blob file that was found whole; the same file need not be hashed again. */
struct verified {
    char sha256[HASH_HEX];
    uint64_t inode;
    int64_t size, mtime_ns;
};

struct db {
    sqlite3 *sql;
    char *path; /* owned */
    int version;
    bool doomed; /* the open transaction must not commit */
    struct {
        const char *sql;    /* borrowed: a literal */
        sqlite3_stmt *stmt; /* owned */
    } statements[DB_STATEMENTS];
    struct verified verified[DB_VERIFIED]; /* by first bytes of the digest */
    int64_t news[DB_WORK_MAX];             /* tasks, for db_work_news() */
    size_t n_news; /* over DB_WORK_MAX: there were more */
};

/* Is `m` a row that stands for all of its kernel key? */
#define DB_KEYED(m)                                                            \
    m ".kernel_key IS NOT NULL AND " m                                         \
      ".role NOT IN ('sentinel', 'aa', 'dispatch')"

/* Is the file ours (or empty), and not newer than we are?  Reads its version.
 * Changes nothing; migrate.c. */
enum status db_migrate_check(struct db *db, struct err *err) MUST_CHECK;

/* Create or upgrade its tables. */
enum status db_migrate(struct db *db, struct err *err) MUST_CHECK;

/* What SQLite just reported, as a status with its text; `what` is the SQL.
 * Constraint failures become ST_CONFLICT (unique) or ST_UNPROCESSABLE. */
enum status db_fail(struct db *db, const char *what, struct err *err);

/* ---- arguments ---- */

struct arg {
    enum { ARG_INT, ARG_ZERO, ARG_REAL, ARG_TEXT, ARG_BLOB } kind;
    int64_t i;
    double r;
    const void *p; /* borrowed for the call */
    size_t len;
};

/* ?1, ?2 .. in order.  ZERO is an integer whose 0 is NULL; a TEXT may be NULL;
 * a REAL that is NaN is NULL. */
#define A_INT(v)                                                               \
    {                                                                          \
        .kind = ARG_INT, .i = (v)                                              \
    }
#define A_ZERO(v)                                                              \
    {                                                                          \
        .kind = ARG_ZERO, .i = (v)                                             \
    }
#define A_REAL(v)                                                              \
    {                                                                          \
        .kind = ARG_REAL, .r = (v)                                             \
    }
#define A_TEXT(v)                                                              \
    {                                                                          \
        .kind = ARG_TEXT, .p = (v)                                             \
    }
#define A_BLOB(v, n)                                                           \
    {                                                                          \
        .kind = ARG_BLOB, .p = (v), .len = (n)                                 \
    }

struct args {
    const struct arg *v;
    size_t n;
};

#define ARGS(...)                                                              \
    (struct args)                                                              \
    {                                                                          \
        (const struct arg[]){ __VA_ARGS__ },                                   \
            sizeof((const struct arg[]){ __VA_ARGS__ }) / sizeof(struct arg)   \
    }
#define NO_ARGS ((struct args){ NULL, 0 })

/* ---- rows ---- */

enum col_kind {
    COL_TEXT, /* char *, owned; NULL is NULL */
    COL_INT,  /* int64_t; NULL is 0 */
    COL_REAL, /* double; NULL is NaN */
    COL_BOOL, /* bool */
    COL_CHAR, /* char: the text's first */
    COL_WORD, /* an enum, by its table in word.h */
};

struct col {
    enum col_kind kind;
    size_t offset;
    const char *const *words; /* of a COL_WORD */
};

/* A struct and the columns that fill it, in the order of the SELECT. */
struct shape {
    size_t size;
    const struct col *cols;
    size_t n;
};

#define COL(kind, type, field)                                                 \
    {                                                                          \
        kind, offsetof(type, field), NULL                                      \
    }
#define WORD(type, field, list)                                                \
    {                                                                          \
        COL_WORD, offsetof(type, field), list                                  \
    }
#define SHAPE(type, cols)                                                      \
    {                                                                          \
        sizeof(type), cols, sizeof(cols) / sizeof(*cols)                       \
    }

void shape_clear(const struct shape *shape, void *row);

/* ---- queries ---- */

/* Run to the end.  *changed (may be NULL) counts the rows written. */
enum status db_run(struct db *db, const char *sql, struct args args,
    int64_t *changed, struct err *err) MUST_CHECK;

/* An INSERT; *id (may be NULL) receives the new row's. */
enum status db_insert(struct db *db, const char *sql, struct args args,
    int64_t *id, struct err *err) MUST_CHECK;

/* The first row into `row` (shape_clear()ed by the caller); ST_NOT_FOUND
 * without a text where there is none, and `row` is untouched. */
enum status db_row(struct db *db, const char *sql, struct args args,
    const struct shape *shape, void *row, struct err *err) MUST_CHECK;

/* The first column of the first row, an integer; ST_NOT_FOUND as db_row(). */
enum status db_int(struct db *db, const char *sql, struct args args,
    int64_t *out, struct err *err) MUST_CHECK;

/* Call `fn` with each row, until it returns something else than ST_OK. */
typedef enum status row_fn(const void *row, void *ctx);
enum status db_each(struct db *db, const char *sql, struct args args,
    const struct shape *shape, row_fn *fn, void *ctx,
    struct err *err) MUST_CHECK;

/* A bound statement for what the above do not cover.  The caller steps it
 * and ends it with db_done(). */
enum status db_begin(struct db *db, const char *sql, struct args args,
    sqlite3_stmt **q, struct err *err) MUST_CHECK;
void db_done(sqlite3_stmt *q);

/* Put this code and text in place of a general one, where `st` is `was`. */
enum status db_explain(struct err *err, enum status st, enum status was,
    const char *code, const char *fmt, ...) PRINTF_LIKE(5, 6);

#endif
