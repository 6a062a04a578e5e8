/* SPDX-License-Identifier: MIT */
/*
 * link_order.h -- what POST /v1/links asks for, as a flow of two tasks of the
 * kind `link`: first the end that answers (a device, or a worker for
 * "server"), and once that has opened its port and told it as part 0 of its
 * result, the device that asks and measures.
 */
#ifndef OFFRAMP_SERVER_LINK_ORDER_H
#define OFFRAMP_SERVER_LINK_ORDER_H

#include "base/json.h"
#include "db/db.h"

#define LINK_TO_SERVER "server"
/* Of a microcontroller board: the machine at the other end of its line. */
#define LINK_TO_HOST "host"

struct link_order {
    const char *from, *to; /* selectors; `to` may be one of those above */
    json_t *policy;        /* borrowed; NULL: the probe's defaults */
    int64_t seed;
    const char *owner;
    int64_t now_ms;
    int64_t id; /* of the flow, once stored */
};

/* Check and store; call it in a db_tx().  ST_CONFLICT "job.unsatisfiable";
 * ST_UNPROCESSABLE "link.same_agent" where one agent has both ends. */
enum status link_order_store(
    struct db *db, struct link_order *o, struct err *err) MUST_CHECK;

/* A part of this lease's result came: where it is that of an end that
 * answers, the other end's task is added, once.  *added tells. */
enum status link_order_next(struct db *db, int64_t lease, int64_t now_ms,
    bool *added, struct err *err) MUST_CHECK;

#endif
