/* SPDX-License-Identifier: MIT */
/*
 * db.h -- the store: one SQLite file, and a folder of blobs beside it.
 *
 * A `struct db` is one connection and belongs to one thread; a thread that
 * needs the store opens its own.  Nothing here knows HTTP or JSON: documents
 * are opaque text.  The rules that hold in every header of this folder:
 *
 * - Text in a struct that a function fills is owned by that struct and is
 *   freed by its x_clear(), which may be called twice and leaves it zeroed.
 *   Text in a struct that a function only reads is borrowed for the call.
 * - Missing is NULL for text, 0 for ids and times, NaN for real numbers.
 * - Times are milliseconds since 1970 UTC and come from the caller
 *   (`now_ms`), so that a test can move the clock.
 * - A list calls back with each row, newest first; the row is borrowed for
 *   that call.  A callback may call other reading functions of the store, but
 *   not the one that is calling it, and it must not write.  It ends the list
 *   early by returning something else than ST_OK, which the list returns.
 * - Besides what its comment names, any function can fail with ST_NOMEM,
 *   ST_IO, ST_BUSY (another process held the file too long), ST_CORRUPT.
 */
#ifndef OFFRAMP_DB_DB_H
#define OFFRAMP_DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct db; /* opaque: see db.c */

/* Open `path`, creating it and applying pending migrations; the blob folder
 * is "`path`.blobs".  ST_UNAVAILABLE "db.newer" where a newer Offramp wrote
 * the file, "db.foreign" where it is not a store.  On ST_OK the caller ends
 * *out with db_close(); otherwise *out is NULL. */
enum status db_open(
    struct db **out, const char *path, struct err *err) MUST_CHECK;

/* Finalise every cached statement and close.  NULL is ignored. */
void db_close(struct db *db);

/* What runs inside a transaction.  Any status but ST_OK rolls back. */
typedef enum status db_tx_fn(struct db *db, void *ctx, struct err *err);

/*
 * Run `fn` in one write transaction and commit.  The lock is asked for again
 * a few times while others hold it; after that ST_BUSY, and `fn` did not run.
 * Every writing function of the store may be called inside: it joins the
 * transaction, and once one of them failed the whole is rolled back whatever
 * `fn` returns.
 */
enum status db_tx(
    struct db *db, db_tx_fn *fn, void *ctx, struct err *err) MUST_CHECK;

/* True between requests: no transaction was left open. */
bool db_idle(const struct db *db);

/* The newest schema number this program knows, and the file's. */
int db_schema_newest(void);
int db_schema_version(const struct db *db);

/* A piece of a list: rows with an id below `cursor` (0: from the newest), at
 * most `limit`. */
struct page {
    int64_t cursor;
    int limit;
};

#endif
