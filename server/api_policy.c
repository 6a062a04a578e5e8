/* SPDX-License-Identifier: MIT */
/* /v1/policies: online policies tried on records and costs. */
#include "server/api.h"

#include "server/flow_view.h"
#include "server/live_order.h"
#include "server/trial_order.h"

static enum status
store(struct db *db, void *ctx, struct err *err)
{
    return trial_order_store(db, ctx, err);
}

static enum status
store_live(struct db *db, void *ctx, struct err *err)
{
    return live_order_store(db, ctx, err);
}

static enum status
create_live(struct request *rq)
{
    struct live_order o;
    enum status st = live_order_read(rq, &o);

    if (st == ST_OK)
        st = flow_store(rq, store_live, &o, &o.id);
    live_order_clear(&o);
    return st;
}

static enum status
create(struct request *rq)
{
    struct trial_order o;
    enum status st;

    if (live_order_asked(rq->json))
        return create_live(rq);
    st = trial_order_read(rq, &o);

    if (st == ST_OK)
        st = flow_store(rq, store, &o, &o.id);
    trial_order_clear(&o);
    return st;
}

/* POST /v1/policies */
enum status
api_policy_create(struct request *rq, struct reply *rp)
{
    enum status st = rq->memo != 0 ? ST_OK : create(rq);

    return st == ST_OK ? flow_reply_created(rq, rp, FLOW_TRIAL, "/v1/policies/")
                       : st;
}

/* GET /v1/policies */
enum status
api_policy_list(struct request *rq, struct reply *rp)
{
    return flow_reply_list(rq, rp, FLOW_TRIAL, 0);
}

/* GET /v1/policies/{id} */
enum status
api_policy_get(struct request *rq, struct reply *rp)
{
    return flow_reply_get(rq, rp, FLOW_TRIAL);
}

/* POST /v1/policies/{id}:cancel */
enum status
api_policy_cancel(struct request *rq, struct reply *rp)
{
    return flow_reply_change(rq, rp, FLOW_TRIAL, db_flow_cancel);
}

/* POST /v1/policies/{id}:resume */
enum status
api_policy_resume(struct request *rq, struct reply *rp)
{
    return flow_reply_change(rq, rp, FLOW_TRIAL, db_flow_resume);
}
