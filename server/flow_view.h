/* SPDX-License-Identifier: MIT */
/*
 * flow_view.h -- work of several stages as the API shows it: what was asked
 * for, its tasks, and what is known so far.  Validations, augmentations and
 * links differ only in their handlers' names and paths.
 */
#ifndef OFFRAMP_SERVER_FLOW_VIEW_H
#define OFFRAMP_SERVER_FLOW_VIEW_H

#include "db/flow.h"
#include "server/http.h"

/* Store an order by `fn` in a transaction, and ring for who waits for work.
 * On ST_OK rq->memo is the flow's number, `*id`, which `fn` wrote. */
enum status flow_store(struct request *rq, db_tx_fn *fn, void *order,
    const int64_t *id) MUST_CHECK;

/* 201 for the flow rq->memo, which is at `location` and its id; waits for its
 * end where the request asks to. */
enum status flow_reply_created(struct request *rq, struct reply *rp,
    enum flow_kind kind, const char *location);

/* One of a kind by the path's first argument, as a long poll; a list, of one
 * plan where `plan` is not 0 (without tasks and documents). */
enum status flow_reply_get(
    struct request *rq, struct reply *rp, enum flow_kind kind);
enum status flow_reply_list(
    struct request *rq, struct reply *rp, enum flow_kind kind, int64_t plan);

/* The same for flows that are few and small, with what is known of each. */
enum status flow_reply_known(
    struct request *rq, struct reply *rp, const struct flow_filter *filter);

/* 202 after a change such as db_flow_cancel(). */
typedef enum status flow_change_fn(struct db *db, enum flow_kind kind,
    int64_t id, int64_t now_ms, struct err *err);
enum status flow_reply_change(struct request *rq, struct reply *rp,
    enum flow_kind kind, flow_change_fn *change);

#endif
