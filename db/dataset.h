/* SPDX-License-Identifier: MIT */
/* dataset.h -- inputs and labels that people sent (.npy blobs). */
#ifndef OFFRAMP_DB_DATASET_H
#define OFFRAMP_DB_DATASET_H

#include "db/db.h"
#include "db/word.h"

struct dataset {
    int64_t id;
    char *name;
    char *model;           /* the model it was checked against, or NULL */
    char *inputs, *labels; /* SHA-256 of the blobs; labels may be NULL */
    char *preprocess;      /* document or NULL */
    char *split;           /* document or NULL */
    enum item_state state;
    char *error_code, *error_detail, *error_nodes; /* where rejected */
    char *info; /* document, where ready: n, shape, types */
    int64_t version;
    int64_t created_ms;
};

void dataset_clear(struct dataset *d);

/* Add (name, model, inputs, labels, preprocess, split, created_ms are read),
 * state `checking`.  ST_UNPROCESSABLE where a blob or the model is unknown. */
enum status db_dataset_add(struct db *db, const struct dataset *d, int64_t *id,
    struct err *err) MUST_CHECK;

/* ST_NOT_FOUND "dataset.not_found". */
enum status db_dataset_get(
    struct db *db, int64_t id, struct dataset *out, struct err *err) MUST_CHECK;

/* It was checked: `ready`.  ST_NOT_FOUND. */
enum status db_dataset_ready(
    struct db *db, int64_t id, const char *info, struct err *err) MUST_CHECK;

typedef enum status dataset_fn(const struct dataset *d, void *ctx);
enum status db_dataset_list(struct db *db, struct page page, dataset_fn *fn,
    void *ctx, struct err *err) MUST_CHECK;

#endif
