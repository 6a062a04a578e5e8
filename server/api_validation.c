/* SPDX-License-Identifier: MIT */
/* /v1/plans/{id}/validations and /v1/validations: a plan run for real on its
 * device. */
#include "server/api.h"

#include <stdio.h>

#include "db/flow.h"
#include "db/plan.h"
#include "server/api_util.h"
#include "server/flow_view.h"
#include "server/relay_order.h"
#include "server/validation_order.h"

static enum status
read_order(struct request *rq, struct validation_order *o)
{
    const struct json_field fields[] = {
        { "dataset", JF_INT, false, &o->dataset, 1, 9e15 },
        { "device", JF_STR, false, &o->device, 0, 1024 },
        { "devices", JF_OBJ, false, &o->devices, 0, 0 },
        { "max_rows", JF_INT, false, &o->max_rows, 1, VALIDATION_ROWS_MAX },
        { "budget_s", JF_REAL, false, &o->budget_s, 0.001, 86400 },
        { "ci_rel", JF_REAL, false, &o->ci_rel, 1e-4, 1 },
    };
    int64_t plan;
    enum status st = request_id(rq, 0, &plan);

    if (st != ST_OK)
        return st;
    *o = validation_order_for(plan, rq->who.owner, rq->now_ms);
    return JSON_READ(rq->json, "", fields, &rq->err);
}

static enum status
store(struct db *db, void *ctx, struct err *err)
{
    return validation_order_store(db, ctx, err);
}

static enum status
create(struct request *rq)
{
    struct validation_order o;
    enum status st = read_order(rq, &o);

    if (st == ST_OK)
        st = flow_store(rq, store, &o, &o.id);
    return st;
}

/* POST /v1/plans/{id}/validations */
enum status
api_validation_create(struct request *rq, struct reply *rp)
{
    enum status st = rq->memo != 0 ? ST_OK : create(rq);

    return st == ST_OK
               ? flow_reply_created(rq, rp, FLOW_VALIDATION, "/v1/validations/")
               : st;
}

/* GET /v1/plans/{id}/validations */
enum status
api_validation_list_plan(struct request *rq, struct reply *rp)
{
    struct plan p = { 0 };
    int64_t id;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = db_plan_get(rq->db, id, &p, &rq->err)) != ST_OK)
        return st;
    plan_clear(&p);
    return flow_reply_list(rq, rp, FLOW_VALIDATION, id);
}

/* GET /v1/validations */
enum status
api_validation_list(struct request *rq, struct reply *rp)
{
    return flow_reply_list(rq, rp, FLOW_VALIDATION, 0);
}

/* GET /v1/validations/{id} */
enum status
api_validation_get(struct request *rq, struct reply *rp)
{
    return flow_reply_get(rq, rp, FLOW_VALIDATION);
}

/* POST /v1/validations/{id}:cancel */
enum status
api_validation_cancel(struct request *rq, struct reply *rp)
{
    return flow_reply_change(rq, rp, FLOW_VALIDATION, db_flow_cancel);
}

/* POST /v1/validations/{id}:resume */
enum status
api_validation_resume(struct request *rq, struct reply *rp)
{
    return flow_reply_change(rq, rp, FLOW_VALIDATION, relay_order_resume);
}
