/* SPDX-License-Identifier: MIT */
/* records.h -- exit records: a CSV blob and its summary.  Either a person
 * sent the CSV, or a worker made it from a model and a data set. */
#ifndef OFFRAMP_DB_RECORDS_H
#define OFFRAMP_DB_RECORDS_H

#include "db/db.h"
#include "db/word.h"

struct records {
    int64_t id;
    char *name;
    char *model;     /* NULL where the CSV was sent */
    int64_t dataset; /* 0 where the CSV was sent */
    char *csv;       /* SHA-256 of the blob; NULL until there is one */
    enum item_state state;
    char *error_code, *error_detail, *error_nodes; /* where rejected */
    char *summary;                                 /* document, where ready */
    int64_t version;
    int64_t created_ms;
};

void records_clear(struct records *r);

/* Add (name, model, dataset, csv, created_ms are read), state `checking`.
 * ST_UNPROCESSABLE where blob, model or data set is unknown. */
enum status db_records_add(struct db *db, const struct records *r, int64_t *id,
    struct err *err) MUST_CHECK;

/* ST_NOT_FOUND "records.not_found". */
enum status db_records_get(
    struct db *db, int64_t id, struct records *out, struct err *err) MUST_CHECK;

/* They were checked or made: `ready`, with this CSV.  ST_NOT_FOUND;
 * ST_UNPROCESSABLE where the blob is unknown. */
enum status db_records_ready(struct db *db, int64_t id, const char *csv,
    const char *summary, struct err *err) MUST_CHECK;

typedef enum status records_fn(const struct records *r, void *ctx);
enum status db_records_list(struct db *db, struct page page, records_fn *fn,
    void *ctx, struct err *err) MUST_CHECK;

#endif
