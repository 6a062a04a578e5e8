/* SPDX-License-Identifier: MIT */
/* /v1/records: exit records, sent as CSV or made by a worker. */
#include "server/api.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "db/blob.h"
#include "db/dataset.h"
#include "db/records.h"
#include "server/api_input.h"
#include "server/api_util.h"
#include "server/view.h"
#include "server/work_call.h"

enum { NAME_MAX_BYTES = 200, CHECK_DEADLINE_S = 600, MAKE_DEADLINE_S = 3600 };

/* Rows to be, and the task that will check or make them. */
struct records_post {
    struct records row;      /* its text is borrowed */
    json_t *payload, *blobs; /* owned until the task is added */
    const char *owner;
    bool vectors;        /* of every exit's class scores */
    const json_t *score; /* borrowed; what exits are judged by, or NULL */
    int64_t deadline_s, now_ms, id;
};

static enum status
store_post(struct db *db, void *ctx, struct err *err)
{
    struct records_post *p = ctx;
    json_t *payload = p->payload, *blobs = p->blobs;
    int64_t task;
    enum status st;

    if ((st = db_records_add(db, &p->row, &p->id, err)) != ST_OK)
        return st;
    p->payload = p->blobs = NULL;
    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_RECORDS,
            .owner = p->owner,
            .records = p->id,
            .deadline_s = p->deadline_s,
            .now_ms = p->now_ms },
        payload, blobs, &task, err);
}

static enum status
make_payload(struct records_post *p, const struct input_model *m,
    const struct dataset *d, struct err *err)
{
    json_t *preprocess, *exits;
    enum status st;

    if (json_array_size(m->exits) == 0)
        return err_set(err, ST_UNPROCESSABLE, "model.no_exits",
            "the model has no classifier to record: give it outputs of "
            "class scores");
    if ((st = input_exit_outputs(m->exits, p->score, &exits, err)) != ST_OK)
        return st;
    preprocess = view_document(d->preprocess);
    p->payload = json_pack("{s:{s:s,s:s,s:o},s:{s:s,s:s?,s:o},s:o*}", "model",
        "blob", m->blob, "input", m->input, "exits", exits, "dataset", "inputs",
        d->inputs, "labels", d->labels, "preprocess", preprocess, "vectors",
        p->vectors ? json_true() : NULL);
    p->blobs = json_pack("[s,s,s*]", m->blob, d->inputs, d->labels);
    return p->payload && p->blobs ? ST_OK : err_nomem(err);
}

/* {model, dataset, vectors?, score?, name?}: a worker runs the one on the
 * other. */
static enum status
create_from_model(struct request *rq, struct records_post *p)
{
    const char *name = "", *model = NULL;
    json_t *score = NULL;
    struct input_model m = { 0 };
    struct dataset d = { 0 };
    const struct json_field fields[] = {
        { "name", JF_STR, false, &name, 0, NAME_MAX_BYTES },
        { "model", JF_HASH, true, &model, 0, 0 },
        { "dataset", JF_INT, true, &p->row.dataset, 1, 9e15 },
        { "vectors", JF_BOOL, false, &p->vectors, 0, 0 },
        { "score", JF_ANY, false, &score, 0, 0 },
    };
    enum status st;

    if ((st = JSON_READ(rq->json, "", fields, &rq->err)) != ST_OK ||
        (st = input_model_single(rq->db, model, &m, &rq->err)) != ST_OK)
        return st;
    p->score = score;
    if ((st = input_dataset_get(rq->db, p->row.dataset, &d, &rq->err)) ==
            ST_OK &&
        (st = make_payload(p, &m, &d, &rq->err)) == ST_OK) {
        p->row.name = (char *)name;
        p->row.model = (char *)model;
        p->deadline_s = MAKE_DEADLINE_S;
        st = db_tx(rq->db, store_post, p, &rq->err);
    }
    dataset_clear(&d);
    input_model_clear(&m);
    return st;
}

/* A CSV body, already in a file. */
static enum status
create_from_csv(struct request *rq, struct records_post *p)
{
    const char *name = request_query(rq, "name");
    char csv[HASH_HEX];
    enum status st;

    if (name != NULL && strlen(name) > NAME_MAX_BYTES)
        return err_set(&rq->err, ST_INVALID, "request.query",
            "name is longer than %d bytes", NAME_MAX_BYTES);
    if ((st = db_blob_add(
             rq->db, rq->file, NULL, rq->now_ms, csv, NULL, &rq->err)) != ST_OK)
        return st;
    p->row.name = (char *)(name ? name : "");
    p->row.csv = csv;
    p->deadline_s = CHECK_DEADLINE_S;
    p->payload = json_pack("{s:s}", "csv", csv);
    p->blobs = json_pack("[s]", csv);
    if (p->payload == NULL || p->blobs == NULL)
        return err_nomem(&rq->err);
    return db_tx(rq->db, store_post, p, &rq->err);
}

static enum status
create(struct request *rq, int64_t *id)
{
    struct records_post p = { .row.created_ms = rq->now_ms,
        .owner = rq->who.owner,
        .now_ms = rq->now_ms };
    enum status st =
        rq->file_body ? create_from_csv(rq, &p) : create_from_model(rq, &p);

    json_decref(p.payload);
    json_decref(p.blobs);
    if (st != ST_OK)
        return st;
    *id = p.id;
    work_announce(rq);
    return ST_OK;
}

/* POST /v1/records */
enum status
api_records_create(struct request *rq, struct reply *rp)
{
    struct records r = { 0 };
    enum status st;

    if (rq->memo == 0 && (st = create(rq, &rq->memo)) != ST_OK)
        return st;
    if ((st = db_records_get(rq->db, rq->memo, &r, &rq->err)) == ST_OK &&
        (st = request_outcome(
             rq, &(struct check_outcome){ r.state, r.error_code, r.error_detail,
                     r.error_nodes })) == ST_OK) {
        reply_header(rp, "Location", "/v1/records/%lld", (long long)rq->memo);
        st = reply_json(
            rp, r.state == ITEM_CHECKING ? 202 : 201, view_records(&r));
    }
    records_clear(&r);
    return st;
}

static enum status
list_one(const struct records *r, void *ctx)
{
    return listing_add(ctx, r->id, view_records(r));
}

/* GET /v1/records */
enum status
api_records_list(struct request *rq, struct reply *rp)
{
    struct listing l;
    struct page page;
    enum status st = listing_begin(rq, &l, &page);

    if (st == ST_OK)
        st = db_records_list(rq->db, page, list_one, &l, &rq->err);
    return listing_end(rq, rp, &l, st);
}

/* GET /v1/records/{id} */
enum status
api_records_get(struct request *rq, struct reply *rp)
{
    struct records r = { 0 };
    bool same;
    int64_t id;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = db_records_get(rq->db, id, &r, &rq->err)) != ST_OK)
        return st;
    st = request_poll(rq, rp, r.version, r.state != ITEM_CHECKING, &same);
    if (st == ST_OK && !same)
        st = reply_json(rp, 200, view_records(&r));
    records_clear(&r);
    return st;
}

/* GET /v1/records/{id}/csv */
enum status
api_records_csv(struct request *rq, struct reply *rp)
{
    struct records r = { 0 };
    int64_t id, size;
    int fd;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = db_records_get(rq->db, id, &r, &rq->err)) != ST_OK)
        return st;
    if (r.csv == NULL)
        st = err_set(&rq->err, ST_CONFLICT, "records.not_ready",
            "records %lld have no CSV yet: wait with GET "
            "/v1/records/%lld?wait=50",
            (long long)id, (long long)id);
    else if ((st = db_blob_open(rq->db, r.csv, &fd, &size, &rq->err)) == ST_OK)
        st = reply_file(
            rp, 200, "text/csv; charset=utf-8; header=present", fd, size);
    records_clear(&r);
    return st;
}
