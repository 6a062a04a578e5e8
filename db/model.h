/* SPDX-License-Identifier: MIT */
/* model.h -- networks that people sent, and what a worker found in them. */
#ifndef OFFRAMP_DB_MODEL_H
#define OFFRAMP_DB_MODEL_H

#include "db/db.h"
#include "db/word.h"

struct model {
    int64_t seq; /* order of arrival: the cursor of lists */
    char *id;    /* SHA-256 */
    char *name;
    char *labels; /* document */
    char *blob;   /* SHA-256 of the file as it was sent */
    char *shape;  /* document: input shapes asked for; NULL: the file's */
    enum item_state state;
    char *error_code, *error_detail, *error_nodes; /* where rejected */
    char *analysis; /* document, where ready; NULL in lists */
    int64_t version;
    int64_t created_ms;
};

void model_clear(struct model *m);

/* Add `m` (id, name, labels, blob, shape, created_ms are read), state
 * `checking`.  ST_CONFLICT "model.exists"; ST_UNPROCESSABLE "blob.not_found"
 * where its blob is not in the store. */
enum status db_model_add(
    struct db *db, const struct model *m, struct err *err) MUST_CHECK;

/* ST_NOT_FOUND "model.not_found". */
enum status db_model_get(struct db *db, const char *id, struct model *out,
    struct err *err) MUST_CHECK;

/* The analysis is there: `ready`.  ST_NOT_FOUND. */
enum status db_model_ready(struct db *db, const char *id, const char *analysis,
    struct err *err) MUST_CHECK;

/* Back to `checking`, the old outcome forgotten: for sending a model again
 * whose analysis failed.  ST_NOT_FOUND. */
enum status db_model_recheck(
    struct db *db, const char *id, struct err *err) MUST_CHECK;

typedef enum status model_fn(const struct model *m, void *ctx);
enum status db_model_list(struct db *db, struct page page, model_fn *fn,
    void *ctx, struct err *err) MUST_CHECK;

#endif
