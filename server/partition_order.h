/* SPDX-License-Identifier: MIT */
/*
 * partition_order.h -- the `partition` and the `selection` of a POST
 * /v1/policies, read, checked against what the store has, and turned into what
 * a worker is given.
 */
#ifndef OFFRAMP_SERVER_PARTITION_ORDER_H
#define OFFRAMP_SERVER_PARTITION_ORDER_H

#include "base/json.h"
#include "db/db.h"

/* A task's payload and the blobs it needs; the caller owns both. */
struct policy_task {
    json_t *payload, *blobs;
};
void policy_task_clear(struct policy_task *t);

/* Where to cut a network between devices.  ST_INVALID names the member;
 * ST_NOT_FOUND, ST_CONFLICT and ST_UNPROCESSABLE where profiles, records and
 * links do not fit together. */
enum status partition_order_read(struct db *db, const json_t *doc,
    struct policy_task *out, struct err *err) MUST_CHECK;

/* One of several configurations for each sample; failures as above. */
enum status selection_order_read(struct db *db, const json_t *doc,
    struct policy_task *out, struct err *err) MUST_CHECK;

#endif
