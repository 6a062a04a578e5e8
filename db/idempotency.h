/* SPDX-License-Identifier: MIT */
/*
 * idempotency.h -- answers already given to a POST with an Idempotency-Key.
 *
 * Look up, do the work and store the answer inside one db_tx(): then no crash
 * can leave a key half used, and two equal requests come one after the other.
 */
#ifndef OFFRAMP_DB_IDEMPOTENCY_H
#define OFFRAMP_DB_IDEMPOTENCY_H

#include "db/db.h"

#define DB_IDEMPOTENCY_KEEP_MS (INT64_C(24) * 3600 * 1000)

struct idempotency {
    char *key, *owner;    /* keys of different owners do not meet */
    char *request_sha256; /* of the request's body */
    int64_t status;       /* HTTP status of the answer */
    char *body;           /* the answer */
    int64_t created_ms;
};

void idempotency_clear(struct idempotency *i);

/* The stored answer to `key`.  ST_NOT_FOUND: a new key (or one older than a
 * day); ST_UNPROCESSABLE "idempotency.key_reused": it was used for another
 * request.  `out` is untouched unless ST_OK. */
enum status db_idempotency_find(struct db *db, const char *key,
    const char *owner, const char *request_sha256, int64_t now_ms,
    struct idempotency *out, struct err *err) MUST_CHECK;

/* Keep an answer.  ST_CONFLICT where the key is in use. */
enum status db_idempotency_store(
    struct db *db, const struct idempotency *i, struct err *err) MUST_CHECK;

/* Forget keys older than a day. */
enum status db_idempotency_purge(
    struct db *db, int64_t now_ms, struct err *err) MUST_CHECK;

#endif
