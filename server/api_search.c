/* SPDX-License-Identifier: MIT */
/* /v1/searches: find exits and thresholds from costs and records. */
#include "server/api.h"

#include <stdio.h>

#include "server/api_util.h"
#include "server/search_order.h"
#include "server/view.h"
#include "server/work_call.h"

struct search_view {
    const struct search *search;
    json_t *document;
};

/* The search's one task says how far it is and why it failed. */
static enum status
keep_view(const struct task *t, void *ctx)
{
    struct search_view *v = ctx;

    json_decref(v->document);
    v->document = view_search(v->search, t);
    return v->document ? ST_OK : ST_NOMEM;
}

static enum status
search_document(
    struct db *db, const struct search *s, json_t **out, struct err *err)
{
    struct search_view v = { s, NULL };
    enum status st = db_task_list_search(db, s->id, keep_view, &v, err);

    if (st == ST_OK && v.document == NULL)
        v.document = view_search(s, NULL);
    *out = v.document;
    if (st == ST_NOMEM || (st == ST_OK && v.document == NULL))
        return err_nomem(err);
    return st;
}

static bool
is_over(enum run_state state)
{
    return state != RUN_QUEUED && state != RUN_RUNNING;
}

static enum status
store_post(struct db *db, void *ctx, struct err *err)
{
    return search_order_store(db, ctx, err);
}

/* The first call of a POST: *id is what it made. */
static enum status
create(struct request *rq, int64_t *id)
{
    struct search_order o;
    enum status st = search_order_read(rq, &o);

    if (st == ST_OK)
        st = db_tx(rq->db, store_post, &o, &rq->err);
    if (st == ST_OK) {
        *id = o.id;
        work_announce(rq);
    }
    search_order_clear(&o);
    return st;
}

static enum status
reply_search(
    struct request *rq, struct reply *rp, int status, const struct search *s)
{
    json_t *doc;
    enum status st = search_document(rq->db, s, &doc, &rq->err);

    return st == ST_OK ? reply_json(rp, status, doc) : st;
}

/* POST /v1/searches */
enum status
api_search_create(struct request *rq, struct reply *rp)
{
    struct search s = { 0 };
    enum status st;

    if ((rq->memo == 0 && (st = create(rq, &rq->memo)) != ST_OK) ||
        (st = db_search_get(rq->db, rq->memo, &s, &rq->err)) != ST_OK)
        return st;
    if (rq->wait_ms > 0 && !rq->wait_expired && !is_over(s.state)) {
        st = ST_WAIT;
    } else {
        reply_header(rp, "Location", "/v1/searches/%lld", (long long)s.id);
        st = reply_search(rq, rp, 201, &s);
    }
    search_clear(&s);
    return st;
}

struct search_listing {
    struct listing l;
    struct request *rq;
};

static enum status
list_one(const struct search *s, void *ctx)
{
    struct search_listing *l = ctx;
    json_t *o;
    enum status st = search_document(l->rq->db, s, &o, &l->rq->err);

    if (st != ST_OK)
        return st;
    json_object_del(o, "curve");
    return listing_add(&l->l, s->id, o);
}

/* GET /v1/searches */
enum status
api_search_list(struct request *rq, struct reply *rp)
{
    struct search_listing l = { .rq = rq };
    struct page page;
    enum status st = listing_begin(rq, &l.l, &page);

    if (st == ST_OK)
        st = db_search_list(rq->db, page, list_one, &l, &rq->err);
    return listing_end(rq, rp, &l.l, st);
}

/* GET /v1/searches/{id} */
enum status
api_search_get(struct request *rq, struct reply *rp)
{
    struct search s = { 0 };
    bool same;
    int64_t id;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = db_search_get(rq->db, id, &s, &rq->err)) != ST_OK)
        return st;
    st = request_poll(rq, rp, s.version, is_over(s.state), &same);
    if (st == ST_OK && !same)
        st = reply_search(rq, rp, 200, &s);
    search_clear(&s);
    return st;
}

/* POST /v1/searches/{id}:cancel */
enum status
api_search_cancel(struct request *rq, struct reply *rp)
{
    struct search s = { 0 };
    int64_t id;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = db_search_cancel(rq->db, id, rq->now_ms, &rq->err)) != ST_OK)
        return st;
    work_announce(rq);
    if ((st = db_search_get(rq->db, id, &s, &rq->err)) == ST_OK)
        st = reply_search(rq, rp, 202, &s);
    search_clear(&s);
    return st;
}
