/* SPDX-License-Identifier: MIT */
/*
 * flow.h -- work of several stages: a plan run for real on a device, a plain
 * network that is given exits, or a link measured between two agents; or of
 * one: policies tried on records.
 *
 * A stage is one task or several; the next one is added in the transaction
 * that ends the one before, so a flow that has no open task is over.  Its state
 * and version follow from its tasks (queue.h).
 */
#ifndef OFFRAMP_DB_FLOW_H
#define OFFRAMP_DB_FLOW_H

#include "db/db.h"
#include "db/word.h"

struct flow {
    int64_t id;
    enum flow_kind kind;
    char *owner;
    int64_t plan;   /* validated, or found; 0 before */
    char *request;  /* document: what was asked for */
    char *document; /* document: what is known so far; NULL before */
    enum run_state state;
    int64_t version;
    int64_t created_ms, started_ms, finished_ms;
};

void flow_clear(struct flow *f);

/* Add (kind, owner, plan, request, created_ms are read), state `queued`; its
 * first task comes in the same transaction. */
enum status db_flow_add(struct db *db, const struct flow *f, int64_t *id,
    struct err *err) MUST_CHECK;

/* ST_NOT_FOUND: "validation.not_found", "augmentation.not_found",
 * "trial.not_found", "link.not_found". */
enum status db_flow_get(struct db *db, enum flow_kind kind, int64_t id,
    struct flow *out, struct err *err) MUST_CHECK;

/* The same whatever its kind. */
enum status db_flow_get_any(
    struct db *db, int64_t id, struct flow *out, struct err *err) MUST_CHECK;

/* What is known now; `plan` 0 keeps what was there. */
enum status db_flow_set(struct db *db, int64_t id, int64_t plan,
    const char *document, struct err *err) MUST_CHECK;

/* Cancel what is open of it.  ST_NOT_FOUND. */
enum status db_flow_cancel(struct db *db, enum flow_kind kind, int64_t id,
    int64_t now_ms, struct err *err) MUST_CHECK;

/* Put the tasks that failed or were cancelled back into the queue; what is
 * done stays done.  ST_CONFLICT "flow.not_failed" where none did. */
enum status db_flow_resume(struct db *db, enum flow_kind kind, int64_t id,
    int64_t now_ms, struct err *err) MUST_CHECK;

/* Queue one task of a flow again, as if it had never been tried: for stages
 * that need each other, where one of them cannot go on alone. */
enum status db_flow_again(
    struct db *db, int64_t task, int64_t now_ms, struct err *err) MUST_CHECK;

/* Tasks of it that are open, `except` left out. */
enum status db_flow_open_tasks(struct db *db, int64_t id, int64_t except,
    int64_t *n, struct err *err) MUST_CHECK;

/* A flow of kind link was measured: from the device `source` to the device
 * `target`, or to "server". */
enum status db_link_add(struct db *db, int64_t flow, const char *source,
    const char *target, struct err *err) MUST_CHECK;

struct flow_filter {
    enum flow_kind kind;
    int64_t plan;                /* 0: any */
    const char *source, *target; /* ends of a link, once measured; NULL: any */
    struct page page;
};
typedef enum status flow_fn(const struct flow *f, void *ctx);
enum status db_flow_list(struct db *db, const struct flow_filter *filter,
    flow_fn *fn, void *ctx, struct err *err) MUST_CHECK;

#endif
