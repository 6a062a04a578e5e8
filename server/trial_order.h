/* SPDX-License-Identifier: MIT */
/*
 * trial_order.h -- what POST /v1/policies asks for, read, checked against its
 * costs and records, and turned into a trial with its one task.  A body with
 * `partition` or `selection` has nothing else.
 */
#ifndef OFFRAMP_SERVER_TRIAL_ORDER_H
#define OFFRAMP_SERVER_TRIAL_ORDER_H

#include "server/http.h"
#include "server/partition_order.h"

struct trial_order {
    struct policy_task task; /* owned: for the worker */
    json_t *request;         /* borrowed from the body */
    const char *owner;
    int64_t now_ms;
    int64_t id; /* of the flow, once stored */
};

/* Read the body.  ST_INVALID names the member; ST_NOT_FOUND, ST_CONFLICT and
 * ST_UNPROCESSABLE where costs, records and link do not fit together.  Call
 * trial_order_clear() in every case. */
enum status trial_order_read(
    struct request *rq, struct trial_order *out) MUST_CHECK;
void trial_order_clear(struct trial_order *o);

/* Store the trial and its task; call it in a db_tx(). */
enum status trial_order_store(
    struct db *db, struct trial_order *o, struct err *err) MUST_CHECK;

#endif
