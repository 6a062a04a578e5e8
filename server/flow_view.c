/* SPDX-License-Identifier: MIT */
#include "server/flow_view.h"

#include <stdio.h>

#include "db/queue.h"
#include "server/api_util.h"
#include "server/view.h"
#include "server/wait_reason.h"
#include "server/work_call.h"

/* The tasks as they are, and the first failure among them. */
struct tasks {
    struct db *db;
    json_t *list, *error;
    int64_t now_ms;
    struct err *err;
};

static enum status
add_task(const struct task *t, void *ctx)
{
    struct tasks *v = ctx;
    json_t *waits_for, *o;
    enum status st = wait_reason(v->db, t, v->now_ms, &waits_for, v->err);

    if (st != ST_OK)
        return st;
    o = view_task(t, waits_for);
    if (t->state == TASK_FAILED && json_is_null(v->error)) {
        json_decref(v->error);
        v->error = json_incref(json_object_get(o, "error"));
    }
    return json_array_append_new(v->list, o) < 0 ? ST_NOMEM : ST_OK;
}

static json_t *
head_view(const struct flow *f)
{
    return json_pack("{s:I,s:s,s:o,s:s,s:I,s:o,s:o,s:o,s:o}", "id",
        (json_int_t)f->id, "kind", flow_kind_words[f->kind], "plan",
        view_id(f->plan), "state", run_state_words[f->state], "version",
        (json_int_t)f->version, "created_at", view_time(f->created_ms),
        "started_at", view_time(f->started_ms), "finished_at",
        view_time(f->finished_ms), "request", view_document(f->request));
}

static enum status
full_view(struct db *db, const struct flow *f, int64_t now_ms, json_t **out,
    struct err *err)
{
    struct tasks t = { db, json_array(), json_null(), now_ms, err };
    enum status st = db_task_list_flow(db, f->id, add_task, &t, err);

    if (st != ST_OK) {
        json_decref(t.list);
        json_decref(t.error);
        return st == ST_NOMEM ? err_nomem(err) : st;
    }
    *out = view_merge(head_view(f),
        view_merge(json_pack("{s:o,s:o}", "tasks", t.list, "error", t.error),
            f->document ? view_document(f->document) : json_object()));
    return *out ? ST_OK : err_nomem(err);
}

static bool
is_over(enum run_state state)
{
    return state != RUN_QUEUED && state != RUN_RUNNING;
}

static enum status
reply_flow(
    struct request *rq, struct reply *rp, int status, const struct flow *f)
{
    json_t *doc;
    enum status st = full_view(rq->db, f, rq->now_ms, &doc, &rq->err);

    return st == ST_OK ? reply_json(rp, status, doc) : st;
}

enum status
flow_reply_created(struct request *rq, struct reply *rp, enum flow_kind kind,
    const char *location)
{
    struct flow f = { 0 };
    enum status st = db_flow_get(rq->db, kind, rq->memo, &f, &rq->err);

    if (st != ST_OK)
        return st;
    if (rq->wait_ms > 0 && !rq->wait_expired && !is_over(f.state)) {
        st = ST_WAIT;
    } else {
        reply_header(rp, "Location", "%s%lld", location, (long long)f.id);
        st = reply_flow(rq, rp, 201, &f);
    }
    flow_clear(&f);
    return st;
}

enum status
flow_reply_get(struct request *rq, struct reply *rp, enum flow_kind kind)
{
    struct flow f = { 0 };
    bool same;
    int64_t id;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = db_flow_get(rq->db, kind, id, &f, &rq->err)) != ST_OK)
        return st;
    st = request_poll(rq, rp, f.version, is_over(f.state), &same);
    if (st == ST_OK && !same)
        st = reply_flow(rq, rp, 200, &f);
    flow_clear(&f);
    return st;
}

static enum status
list_one(const struct flow *f, void *ctx)
{
    return listing_add(ctx, f->id, head_view(f));
}

static enum status
list_known(const struct flow *f, void *ctx)
{
    return listing_add(ctx, f->id,
        view_merge(head_view(f),
            f->document ? view_document(f->document) : json_object()));
}

enum status
flow_reply_known(
    struct request *rq, struct reply *rp, const struct flow_filter *filter)
{
    struct flow_filter f = *filter;
    struct listing l;
    enum status st = listing_begin(rq, &l, &f.page);

    if (st == ST_OK)
        st = db_flow_list(rq->db, &f, list_known, &l, &rq->err);
    return listing_end(rq, rp, &l, st);
}

enum status
flow_reply_list(
    struct request *rq, struct reply *rp, enum flow_kind kind, int64_t plan)
{
    struct flow_filter filter = { .kind = kind, .plan = plan };
    struct listing l;
    enum status st = listing_begin(rq, &l, &filter.page);

    if (st == ST_OK)
        st = db_flow_list(rq->db, &filter, list_one, &l, &rq->err);
    return listing_end(rq, rp, &l, st);
}

enum status
flow_store(struct request *rq, db_tx_fn *fn, void *order, const int64_t *id)
{
    enum status st = db_tx(rq->db, fn, order, &rq->err);

    if (st != ST_OK)
        return st;
    rq->memo = *id;
    work_announce(rq);
    return ST_OK;
}

enum status
flow_reply_change(struct request *rq, struct reply *rp, enum flow_kind kind,
    flow_change_fn *change)
{
    struct flow f = { 0 };
    int64_t id;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = change(rq->db, kind, id, rq->now_ms, &rq->err)) != ST_OK)
        return st;
    work_announce(rq);
    if ((st = db_flow_get(rq->db, kind, id, &f, &rq->err)) == ST_OK)
        st = reply_flow(rq, rp, 202, &f);
    flow_clear(&f);
    return st;
}
