/* SPDX-License-Identifier: MIT */
/* /v1/links: what it takes to send bytes from a device to another one, or to
 * the server, measured. */
#include "server/api.h"

#include "server/api_util.h"
#include "server/flow_view.h"
#include "server/link_order.h"

/* What the probe will read, checked before anybody is troubled. */
static enum status
check_policy(const json_t *policy, struct err *err)
{
    double ci_rel, budget_s;
    int64_t rounds, bytes, work_us;
    const struct json_field fields[] = {
        { "ci_rel", JF_REAL, false, &ci_rel, 1e-6, 1 },
        { "budget_s", JF_REAL, false, &budget_s, 0.01, 3600 },
        { "max_rounds", JF_INT, false, &rounds, 1, 183 },
        { "max_bytes", JF_INT, false, &bytes, 64, 64 << 20 },
        { "work_us", JF_INT, false, &work_us, 0, 100000 },
    };

    return policy == NULL ? ST_OK : JSON_READ(policy, "policy", fields, err);
}

static enum status
read_order(struct request *rq, struct link_order *o)
{
    const struct json_field fields[] = {
        { "from", JF_STR, true, &o->from, 0, 1024 },
        { "to", JF_STR, false, &o->to, 0, 1024 },
        { "policy", JF_OBJ, false, &o->policy, 0, 0 },
        { "seed", JF_INT, false, &o->seed, 0, 9e15 },
    };
    enum status st;

    *o = (struct link_order){ .to = LINK_TO_SERVER,
        .seed = 1,
        .owner = rq->who.owner,
        .now_ms = rq->now_ms };
    st = JSON_READ(rq->json, "", fields, &rq->err);
    return st == ST_OK ? check_policy(o->policy, &rq->err) : st;
}

static enum status
store(struct db *db, void *ctx, struct err *err)
{
    return link_order_store(db, ctx, err);
}

static enum status
create(struct request *rq)
{
    struct link_order o;
    enum status st = read_order(rq, &o);

    if (st == ST_OK)
        st = flow_store(rq, store, &o, &o.id);
    return st;
}

/* POST /v1/links */
enum status
api_link_create(struct request *rq, struct reply *rp)
{
    enum status st = rq->memo != 0 ? ST_OK : create(rq);

    return st == ST_OK ? flow_reply_created(rq, rp, FLOW_LINK, "/v1/links/")
                       : st;
}

/* GET /v1/links */
enum status
api_link_list(struct request *rq, struct reply *rp)
{
    return flow_reply_known(rq, rp,
        &(struct flow_filter){ .kind = FLOW_LINK,
            .source = request_query(rq, "from"),
            .target = request_query(rq, "to") });
}

/* GET /v1/links/{id} */
enum status
api_link_get(struct request *rq, struct reply *rp)
{
    return flow_reply_get(rq, rp, FLOW_LINK);
}

/* POST /v1/links/{id}:cancel */
enum status
api_link_cancel(struct request *rq, struct reply *rp)
{
    return flow_reply_change(rq, rp, FLOW_LINK, db_flow_cancel);
}
