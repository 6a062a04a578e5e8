/* SPDX-License-Identifier: MIT */
/*
 * search_order.h -- what POST /v1/searches asks for, read, checked against
 * its costs and records, and turned into a search with its task.
 */
#ifndef OFFRAMP_SERVER_SEARCH_ORDER_H
#define OFFRAMP_SERVER_SEARCH_ORDER_H

#include "server/http.h"
#include "server/order_input.h"

struct search_order {
    struct order_input in; /* owned */
    json_t *problem;       /* owned */
    json_t *system;        /* owned: several processors; NULL: one */
    const char *owner;
    int64_t now_ms;
    int64_t flow; /* that it is a stage of; 0 */
    int64_t id;   /* of the search, once stored */
};

/* Read the body.  ST_INVALID names the member; ST_NOT_FOUND, ST_CONFLICT and
 * ST_UNPROCESSABLE where costs, records and problem do not fit together.
 * Call search_order_clear() in every case. */
enum status search_order_read(
    struct request *rq, struct search_order *out) MUST_CHECK;
void search_order_clear(struct search_order *o);

/* Store the search and its task; call it in a db_tx(). */
enum status search_order_store(
    struct db *db, struct search_order *o, struct err *err) MUST_CHECK;

#endif
