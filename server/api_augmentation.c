/* SPDX-License-Identifier: MIT */
/* /v1/augmentations: a plain network is given exits for a device. */
#include "server/api.h"

#include "server/augment_order.h"
#include "server/flow_view.h"

static enum status
store(struct db *db, void *ctx, struct err *err)
{
    return augment_order_store(db, ctx, err);
}

static enum status
create(struct request *rq)
{
    struct augment_order o;
    enum status st = augment_order_read(rq, &o);

    if (st == ST_OK)
        st = flow_store(rq, store, &o, &o.id);
    augment_order_clear(&o);
    return st;
}

/* POST /v1/augmentations */
enum status
api_augmentation_create(struct request *rq, struct reply *rp)
{
    enum status st = rq->memo != 0 ? ST_OK : create(rq);

    return st == ST_OK ? flow_reply_created(
                             rq, rp, FLOW_AUGMENTATION, "/v1/augmentations/")
                       : st;
}

/* GET /v1/augmentations */
enum status
api_augmentation_list(struct request *rq, struct reply *rp)
{
    return flow_reply_list(rq, rp, FLOW_AUGMENTATION, 0);
}

/* GET /v1/augmentations/{id} */
enum status
api_augmentation_get(struct request *rq, struct reply *rp)
{
    return flow_reply_get(rq, rp, FLOW_AUGMENTATION);
}

/* POST /v1/augmentations/{id}:cancel */
enum status
api_augmentation_cancel(struct request *rq, struct reply *rp)
{
    return flow_reply_change(rq, rp, FLOW_AUGMENTATION, db_flow_cancel);
}

/* POST /v1/augmentations/{id}:resume */
enum status
api_augmentation_resume(struct request *rq, struct reply *rp)
{
    return flow_reply_change(rq, rp, FLOW_AUGMENTATION, db_flow_resume);
}
