/* SPDX-License-Identifier: MIT */
/*
 * blob.h -- files named by the SHA-256 of their bytes:
 * "`<db>`.blobs/ab/abcd..".
 *
 * A blob is written to a temporary file, checked, made durable, renamed, and
 * only then gets its row, so a row always has its file.  A file whose row was
 * lost to a crash is unknown until it is sent again.  What is read is checked
 * against its name, once per connection for as long as the file is unchanged.
 */
#ifndef OFFRAMP_DB_BLOB_H
#define OFFRAMP_DB_BLOB_H

#include "base/hash.h"
#include "db/db.h"

#define DB_BLOB_MAX_BYTES (INT64_C(1) << 30)

/* Create an empty temporary file for a blob and write its name to `path`
 * (room for `cap` bytes); *fd is open for writing and the caller's to close.
 * The caller ends the file with db_blob_add() or unlink(). */
enum status db_blob_tmp(
    struct db *db, char *path, size_t cap, int *fd, struct err *err) MUST_CHECK;

/* Could a file be stored now?  Writes a page and takes it away.  ST_FULL,
 * ST_READ_ONLY, ST_IO. */
enum status db_blob_room(struct db *db, struct err *err) MUST_CHECK;

/* Take a finished temporary file into the store (it is gone afterwards, also
 * on failure).  `sha256` is the name it must hash to, or NULL to accept any;
 * `got` receives its name and may be NULL.  *is_new (may be NULL) is false
 * where the store had it already.  ST_UNPROCESSABLE "blob.digest_mismatch";
 * ST_TOO_LARGE. */
enum status db_blob_add(struct db *db, const char *tmp, const char *sha256,
    int64_t now_ms, char got[HASH_HEX], bool *is_new,
    struct err *err) MUST_CHECK;

/* The same for bytes in memory. */
enum status db_blob_put(struct db *db, const void *data, size_t len,
    int64_t now_ms, char got[HASH_HEX], struct err *err) MUST_CHECK;

/* ST_NOT_FOUND "blob.not_found" where the store lacks it; *size may be NULL. */
enum status db_blob_stat(struct db *db, const char *sha256, int64_t *size,
    struct err *err) MUST_CHECK;

/* Open for reading; the caller closes *fd.  ST_NOT_FOUND as above;
 * ST_CORRUPT "blob.damaged" where the file is missing or its bytes are not
 * those of its name: sending it again mends it. */
enum status db_blob_open(struct db *db, const char *sha256, int *fd,
    int64_t *size, struct err *err) MUST_CHECK;

/* Read whole; the caller frees *data, which has a NUL after *len bytes. */
enum status db_blob_read(struct db *db, const char *sha256, size_t max,
    char **data, size_t *len, struct err *err) MUST_CHECK;

/* Remove what crashed uploads left behind.  Call once, before serving. */
enum status db_blob_tidy(struct db *db, struct err *err) MUST_CHECK;

#endif
