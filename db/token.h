/* SPDX-License-Identifier: MIT */
/* token.h -- bearer tokens, stored only as the SHA-256 of their text. */
#ifndef OFFRAMP_DB_TOKEN_H
#define OFFRAMP_DB_TOKEN_H

#include "db/db.h"

struct token {
    int64_t id;
    char *name;   /* for people: "laptop" */
    char *scopes; /* space-separated: "read submit agent:bench-1" */
    int64_t created_ms;
    int64_t last_used_ms; /* to the minute; 0: never */
};

void token_clear(struct token *t);

/* ST_CONFLICT "token.exists" where the name or the hash is taken. */
enum status db_token_add(struct db *db, const char *name, const char *scopes,
    const char *sha256, int64_t now_ms, int64_t *id,
    struct err *err) MUST_CHECK;

/* The token with this hash, noting that it was used.  ST_NOT_FOUND. */
enum status db_token_use(struct db *db, const char *sha256, int64_t now_ms,
    struct token *out, struct err *err) MUST_CHECK;

/* ST_NOT_FOUND "token.not_found". */
enum status db_token_remove(
    struct db *db, const char *name, struct err *err) MUST_CHECK;

enum status db_token_count(
    struct db *db, int64_t *n, struct err *err) MUST_CHECK;

typedef enum status token_fn(const struct token *t, void *ctx);
enum status db_token_list(
    struct db *db, token_fn *fn, void *ctx, struct err *err) MUST_CHECK;

#endif
