/* SPDX-License-Identifier: MIT */
/* /v1/devices: the fleet, and what a person decides about it. */
#include "server/api.h"

#include "server/api_util.h"
#include "server/chart.h"
#include "server/golden.h"
#include "server/server.h"
#include "server/view.h"

struct device_listing {
    struct listing l;
    int64_t position, skip; /* devices have names: a place is their cursor */
};

static enum status
list_one(const struct device *d, void *ctx)
{
    struct device_listing *l = ctx;

    if (l->position++ < l->skip)
        return ST_OK;
    return listing_add(&l->l, l->position, view_device(d, NULL));
}

/* GET /v1/devices */
enum status
api_device_list(struct request *rq, struct reply *rp)
{
    struct device_listing l = { .position = 0 };
    struct page page;
    enum status st = listing_begin(rq, &l.l, &page);

    l.skip = page.cursor;
    if (st == ST_OK)
        st = db_device_list(rq->db, rq->now_ms, list_one, &l, &rq->err);
    return listing_end(rq, rp, &l.l, st);
}

static enum status
reply_device(struct request *rq, struct reply *rp)
{
    struct device d = { 0 };
    json_t *golden;
    enum status st =
        db_device_get(rq->db, rq->arg[0], rq->now_ms, &d, &rq->err);

    if (st == ST_OK &&
        (st = golden_view(rq->db, d.name, &golden, &rq->err)) == ST_OK)
        st = reply_json(rp, 200, view_device(&d, golden));
    device_clear(&d);
    return st;
}

/* GET /v1/devices/{name} */
enum status
api_device_get(struct request *rq, struct reply *rp)
{
    return reply_device(rq, rp);
}

/* GET /v1/devices/{name}/chart */
enum status
api_device_chart(struct request *rq, struct reply *rp)
{
    struct device d = { 0 };
    json_t *doc;
    enum status st =
        db_device_get(rq->db, rq->arg[0], rq->now_ms, &d, &rq->err);

    if (st == ST_OK &&
        (st = chart_document(rq->db, d.name, &doc, &rq->err)) == ST_OK)
        st = reply_json(rp, 200, doc);
    device_clear(&d);
    return st;
}

static enum status
set_mode(struct request *rq, struct reply *rp, enum device_mode mode)
{
    enum status st = db_device_set_mode(rq->db, rq->arg[0], mode, &rq->err);

    if (st != ST_OK)
        return st;
    server_ring(rq->server);
    return reply_device(rq, rp);
}

/* POST /v1/devices/{name}:drain */
enum status
api_device_drain(struct request *rq, struct reply *rp)
{
    return set_mode(rq, rp, DEVICE_DRAINING);
}

/* POST /v1/devices/{name}:retire */
enum status
api_device_retire(struct request *rq, struct reply *rp)
{
    return set_mode(rq, rp, DEVICE_RETIRED);
}

/* POST /v1/devices/{name}:activate */
enum status
api_device_activate(struct request *rq, struct reply *rp)
{
    return set_mode(rq, rp, DEVICE_ACTIVE);
}

/* POST /v1/devices/{name}:reset-health */
enum status
api_device_reset_health(struct request *rq, struct reply *rp)
{
    enum status st =
        db_device_set_health(rq->db, rq->arg[0], DEVICE_GOOD, &rq->err);

    if (st != ST_OK)
        return st;
    server_ring(rq->server);
    return reply_device(rq, rp);
}
