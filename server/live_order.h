/* SPDX-License-Identifier: MIT */
/*
 * live_order.h -- what POST /v1/policies with a member `live` asks for: online
 * policies run for real on a device.  Read, checked, and turned into a flow of
 * kind trial with its first task; the others follow in accept_live.c:
 *
 *     prepare (worker) -> run (device) -> replay (worker)
 *
 * With a second device, `to`, that one serves while the first runs: what the
 * policies hand over really goes there.
 */
#ifndef OFFRAMP_SERVER_LIVE_ORDER_H
#define OFFRAMP_SERVER_LIVE_ORDER_H

#include "server/api_input.h"
#include "server/fleet.h"
#include "server/http.h"
#include "server/order_input.h"

enum { LIVE_ROWS_MAX = 100000, LIVE_BUDGET_S = 60 };

struct live_order {
    struct order_input in; /* owned, as are: no costs: published constants */
    struct input_model model;
    struct dataset dataset;
    struct fleet fleet;
    json_t *problem; /* for the worker */
    json_t *devices; /* names that may do it */
    json_t *others;  /* names that may serve; NULL: there is no `to` */
    json_t *body;    /* borrowed, as are: */
    json_t *rows;    /* [from, to], or NULL: all */
    const char *device, *to, *model_id;
    double budget_s;
    const char *owner;
    int64_t now_ms;
    int64_t id; /* of the flow, once stored */
};

/* Is this body one for live_order_read()? */
bool live_order_asked(const json_t *body);

/* Read the body.  ST_INVALID names the member; ST_NOT_FOUND, ST_CONFLICT and
 * ST_UNPROCESSABLE where network, data, costs and device do not fit together.
 * Call live_order_clear() in every case. */
enum status live_order_read(
    struct request *rq, struct live_order *out) MUST_CHECK;
void live_order_clear(struct live_order *o);

/* Store the flow and its first task; call it in a db_tx(). */
enum status live_order_store(
    struct db *db, struct live_order *o, struct err *err) MUST_CHECK;

#endif
