/* SPDX-License-Identifier: MIT */
/* /v1/jobs: measure a model on devices. */
#include "server/api.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "db/idempotency.h"
#include "db/job.h"
#include "server/api_util.h"
#include "server/job_order.h"
#include "server/view.h"
#include "server/wait_reason.h"
#include "server/work_call.h"

enum { KEY_MAX_BYTES = 200 };

struct task_views {
    struct db *db;
    json_t *list; /* owned by the caller */
    int64_t now_ms;
    struct err *err;
};

static enum status
add_task_view(const struct task *t, void *ctx)
{
    struct task_views *v = ctx;
    json_t *waits_for;
    enum status st = wait_reason(v->db, t, v->now_ms, &waits_for, v->err);

    if (st != ST_OK)
        return st;
    return json_array_append_new(v->list, view_task(t, waits_for)) < 0
               ? ST_NOMEM
               : ST_OK;
}

/* A job with its tasks; `outlook` as far as it is known, or NULL.  The caller
 * owns *out. */
static enum status
job_document(struct db *db, const struct job *j, int64_t now_ms,
    const struct outlook *outlook, json_t **out, struct err *err)
{
    json_t *tasks = json_array();
    struct task_views views = { db, tasks, now_ms, err };
    struct reuse reuse;
    enum status st;

    *out = NULL;
    if (tasks == NULL)
        return err_nomem(err);
    if ((st = db_task_list_job(db, j->id, add_task_view, &views, err)) == ST_OK)
        st = db_reuse_job(db, j->id, &reuse, err);
    if (st != ST_OK) {
        json_decref(tasks);
        return st == ST_NOMEM ? err_nomem(err) : st;
    }
    *out = view_merge(view_job(j, tasks, outlook),
        json_pack("{s:o}", "reuse", view_reuse(&reuse)));
    return *out ? ST_OK : err_nomem(err);
}

static bool
is_over(enum run_state state)
{
    return state != RUN_QUEUED && state != RUN_RUNNING;
}

/* The same with its outlook, which lists leave out: it looks at the whole
 * queue. */
static enum status
job_document_full(struct db *db, const struct job *j, int64_t now_ms,
    json_t **out, struct err *err)
{
    struct outlook outlook = { -1, NAN };
    enum status st = ST_OK;

    *out = NULL;
    if (!is_over(j->state))
        st = db_job_outlook(db, j->id, now_ms, &outlook, err);
    return st == ST_OK ? job_document(db, j, now_ms, &outlook, out, err) : st;
}

static enum status
job_read(
    struct db *db, int64_t id, int64_t now_ms, json_t **out, struct err *err)
{
    struct job j = { 0 };
    enum status st = db_job_get(db, id, &j, err);

    *out = NULL;
    if (st == ST_OK)
        st = job_document_full(db, &j, now_ms, out, err);
    job_clear(&j);
    return st;
}

/* ---- POST ---- */

struct job_post {
    struct job_order order;
    const char *key; /* Idempotency-Key, or NULL */
    char request[HASH_HEX];
    json_t *answer; /* owned */
    int status;
};

/* An answer already given to this key; ST_NOT_FOUND where there is none. */
static enum status
find_answer(struct db *db, struct job_post *p, struct err *err)
{
    struct idempotency old = { 0 };
    enum status st = db_idempotency_find(
        db, p->key, p->order.owner, p->request, p->order.now_ms, &old, err);

    if (st == ST_OK) {
        st = json_parse(old.body, strlen(old.body), &p->answer, err);
        p->status = 200;
        idempotency_clear(&old);
    }
    return st;
}

static enum status
keep_answer(struct db *db, const struct job_post *p, struct err *err)
{
    char *text;
    enum status st = api_text(p->answer, &text, err);

    if (st == ST_OK)
        st = db_idempotency_store(db,
            &(struct idempotency){ .key = (char *)p->key,
                .owner = (char *)p->order.owner,
                .request_sha256 = (char *)p->request,
                .status = p->status,
                .body = text,
                .created_ms = p->order.now_ms },
            err);
    free(text);
    return st;
}

/* One transaction: the key, the job and its answer, or none of them. */
static enum status
store_post(struct db *db, void *ctx, struct err *err)
{
    struct job_post *p = ctx;
    enum status st = ST_NOT_FOUND;

    if (p->key != NULL && (st = find_answer(db, p, err)) != ST_NOT_FOUND)
        return st;
    if ((st = job_order_store(db, &p->order, err)) != ST_OK ||
        (st = job_read(db, p->order.id, p->order.now_ms, &p->answer, err)) !=
            ST_OK)
        return st;
    p->status = 201;
    return p->key != NULL ? keep_answer(db, p, err) : ST_OK;
}

static enum status
read_key(struct request *rq, struct job_post *p)
{
    size_t n;

    p->key = request_header(rq, "Idempotency-Key");
    if (p->key == NULL)
        return ST_OK;
    n = strlen(p->key);
    if (n == 0 || n > KEY_MAX_BYTES)
        return err_set(&rq->err, ST_INVALID, "request.header",
            "Idempotency-Key must have 1 to %d bytes", KEY_MAX_BYTES);
    hash_bytes(rq->body.data, rq->body.len, p->request);
    return ST_OK;
}

/* POST /v1/jobs */
enum status
api_job_create(struct request *rq, struct reply *rp)
{
    struct job_post p = { 0 };
    enum status st;

    if ((st = read_key(rq, &p)) == ST_OK &&
        (st = job_order_read(rq, &p.order)) == ST_OK &&
        (st = db_tx(rq->db, store_post, &p, &rq->err)) == ST_OK) {
        reply_header(rp, "Location", "/v1/jobs/%lld",
            (long long)json_integer_value(json_object_get(p.answer, "id")));
        st = reply_json(rp, p.status, json_incref(p.answer));
        work_announce(rq);
    }
    json_decref(p.answer);
    job_order_clear(&p.order);
    return st;
}

/* ---- GET ---- */

struct job_listing {
    struct listing l;
    struct request *rq;
};

static enum status
list_one(const struct job *j, void *ctx)
{
    struct job_listing *l = ctx;
    json_t *o;
    enum status st =
        job_document(l->rq->db, j, l->rq->now_ms, NULL, &o, &l->rq->err);

    return st == ST_OK ? listing_add(&l->l, j->id, o) : st;
}

/* GET /v1/jobs */
enum status
api_job_list(struct request *rq, struct reply *rp)
{
    struct job_filter f = { .state = -1,
        .device = request_query(rq, "device") };
    const char *state = request_query(rq, "state");
    struct job_listing l = { .rq = rq };
    enum status st;

    if (state != NULL && (f.state = word_find(run_state_words, state)) < 0)
        return err_set(&rq->err, ST_INVALID, "request.query",
            "state must be queued, running, done, failed or cancelled");
    if ((st = listing_begin(rq, &l.l, &f.page)) == ST_OK)
        st = db_job_list(rq->db, &f, list_one, &l, &rq->err);
    return listing_end(rq, rp, &l.l, st);
}

/* GET /v1/jobs/{id} */
enum status
api_job_get(struct request *rq, struct reply *rp)
{
    struct job j = { 0 };
    json_t *doc = NULL;
    bool same;
    int64_t id;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = db_job_get(rq->db, id, &j, &rq->err)) != ST_OK)
        return st;
    st = request_poll(rq, rp, j.version, is_over(j.state), &same);
    if (st == ST_OK && !same &&
        (st = job_document_full(rq->db, &j, rq->now_ms, &doc, &rq->err)) ==
            ST_OK)
        st = reply_json(rp, 200, doc);
    job_clear(&j);
    return st;
}

static enum status
list_part(const struct part *p, void *ctx)
{
    return listing_add(ctx, p->id, view_part(p));
}

/* GET /v1/jobs/{id}/parts */
enum status
api_job_parts(struct request *rq, struct reply *rp)
{
    struct job j = { 0 };
    struct listing l = { 0 };
    struct page page;
    int64_t id;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = db_job_get(rq->db, id, &j, &rq->err)) != ST_OK)
        return st;
    job_clear(&j);
    if ((st = listing_begin(rq, &l, &page)) == ST_OK)
        st = db_part_list_job(rq->db, id, &page, list_part, &l, &rq->err);
    return listing_end(rq, rp, &l, st);
}

/* POST /v1/jobs/{id}:cancel */
enum status
api_job_cancel(struct request *rq, struct reply *rp)
{
    json_t *doc;
    int64_t id;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = db_job_cancel(rq->db, id, rq->now_ms, &rq->err)) != ST_OK)
        return st;
    work_announce(rq);
    if ((st = job_read(rq->db, id, rq->now_ms, &doc, &rq->err)) != ST_OK)
        return st;
    return reply_json(rp, 202, doc);
}
