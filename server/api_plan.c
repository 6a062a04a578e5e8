/* SPDX-License-Identifier: MIT */
/* /v1/plans: what searches found. */
#include "server/api.h"

#include "server/api_util.h"
#include "server/view.h"

static enum status
list_one(const struct plan *p, void *ctx)
{
    return listing_add(ctx, p->id, view_plan(p));
}

/* GET /v1/plans */
enum status
api_plan_list(struct request *rq, struct reply *rp)
{
    struct listing l;
    struct page page;
    enum status st = listing_begin(rq, &l, &page);

    if (st == ST_OK)
        st = db_plan_list(rq->db, page, list_one, &l, &rq->err);
    return listing_end(rq, rp, &l, st);
}

/* GET /v1/plans/{id} */
enum status
api_plan_get(struct request *rq, struct reply *rp)
{
    struct plan p = { 0 };
    int64_t id;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = db_plan_get(rq->db, id, &p, &rq->err)) != ST_OK)
        return st;
    st = reply_json(rp, 200, view_plan(&p));
    plan_clear(&p);
    return st;
}
