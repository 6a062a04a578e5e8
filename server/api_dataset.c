/* SPDX-License-Identifier: MIT */
/* /v1/datasets: inputs and labels (.npy blobs), checked by a worker. */
#include "server/api.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "db/dataset.h"
#include "server/api_input.h"
#include "server/api_util.h"
#include "server/view.h"
#include "server/work_call.h"

enum { NAME_MAX_BYTES = 200, CHECK_DEADLINE_S = 600 };

struct dataset_post {
    const char *name, *model, *inputs, *labels; /* borrowed from the body */
    json_t *preprocess;                         /* borrowed */
    json_t *target; /* owned: {input_shape, classes} of the model, or NULL */
    const char *owner;
    int64_t now_ms, id;
};

/* What the model takes and tells apart, for the worker to check against. */
static enum status
model_target(struct db *db, struct dataset_post *p, struct err *err)
{
    struct input_model m;
    enum status st;

    if (p->model == NULL)
        return ST_OK;
    if ((st = input_model_single(db, p->model, &m, err)) != ST_OK)
        return st;
    p->target = json_pack(
        "{s:O,s:O?}", "input_shape", m.input_shape, "classes", m.classes);
    input_model_clear(&m);
    return p->target ? ST_OK : err_nomem(err);
}

static enum status
read_post(struct request *rq, struct dataset_post *p)
{
    const struct json_field fields[] = {
        { "name", JF_STR, false, &p->name, 0, NAME_MAX_BYTES },
        { "model", JF_HASH, false, &p->model, 0, 0 },
        { "inputs", JF_HASH, true, &p->inputs, 0, 0 },
        { "labels", JF_HASH, false, &p->labels, 0, 0 },
        { "preprocess", JF_OBJ, false, &p->preprocess, 0, 0 },
    };
    enum status st;

    *p = (struct dataset_post){
        .name = "", .owner = rq->who.owner, .now_ms = rq->now_ms
    };
    if ((st = JSON_READ(rq->json, "", fields, &rq->err)) != ST_OK ||
        (st = input_preprocess_check(p->preprocess, &rq->err)) != ST_OK ||
        (st = input_blob_check(rq->db, "inputs", p->inputs, &rq->err)) !=
            ST_OK ||
        (st = input_blob_check(rq->db, "labels", p->labels, &rq->err)) != ST_OK)
        return st;
    return model_target(rq->db, p, &rq->err);
}

static enum status
add_task(struct db *db, const struct dataset_post *p, struct err *err)
{
    json_t *payload = json_pack("{s:s,s:s?,s:O?,s:O?}", "inputs", p->inputs,
        "labels", p->labels, "preprocess", p->preprocess, "model", p->target);
    json_t *blobs = json_pack("[s,s*]", p->inputs, p->labels);
    int64_t id;

    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_DATASET,
            .owner = p->owner,
            .dataset = p->id,
            .deadline_s = CHECK_DEADLINE_S,
            .now_ms = p->now_ms },
        payload, blobs, &id, err);
}

static enum status
store_post(struct db *db, void *ctx, struct err *err)
{
    struct dataset_post *p = ctx;
    char *preprocess;
    enum status st;

    if ((st = api_text(p->preprocess, &preprocess, err)) != ST_OK)
        return st;
    st = db_dataset_add(db,
        &(struct dataset){ .name = (char *)p->name,
            .model = (char *)p->model,
            .inputs = (char *)p->inputs,
            .labels = (char *)p->labels,
            .preprocess = preprocess,
            .created_ms = p->now_ms },
        &p->id, err);
    free(preprocess);
    return st == ST_OK ? add_task(db, p, err) : st;
}

/* The first call of a POST: *id is what it made. */
static enum status
create(struct request *rq, int64_t *id)
{
    struct dataset_post p;
    enum status st = read_post(rq, &p);

    if (st == ST_OK)
        st = db_tx(rq->db, store_post, &p, &rq->err);
    json_decref(p.target);
    if (st != ST_OK)
        return st;
    *id = p.id;
    work_announce(rq);
    return ST_OK;
}

/* POST /v1/datasets */
enum status
api_dataset_create(struct request *rq, struct reply *rp)
{
    struct dataset d = { 0 };
    enum status st;

    if (rq->memo == 0 && (st = create(rq, &rq->memo)) != ST_OK)
        return st;
    if ((st = db_dataset_get(rq->db, rq->memo, &d, &rq->err)) == ST_OK &&
        (st = request_outcome(
             rq, &(struct check_outcome){ d.state, d.error_code, d.error_detail,
                     d.error_nodes })) == ST_OK) {
        reply_header(rp, "Location", "/v1/datasets/%lld", (long long)rq->memo);
        st = reply_json(rp, 201, view_dataset(&d));
    }
    dataset_clear(&d);
    return st;
}

static enum status
list_one(const struct dataset *d, void *ctx)
{
    return listing_add(ctx, d->id, view_dataset(d));
}

/* GET /v1/datasets */
enum status
api_dataset_list(struct request *rq, struct reply *rp)
{
    struct listing l;
    struct page page;
    enum status st = listing_begin(rq, &l, &page);

    if (st == ST_OK)
        st = db_dataset_list(rq->db, page, list_one, &l, &rq->err);
    return listing_end(rq, rp, &l, st);
}

/* GET /v1/datasets/{id} */
enum status
api_dataset_get(struct request *rq, struct reply *rp)
{
    struct dataset d = { 0 };
    bool same;
    int64_t id;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = db_dataset_get(rq->db, id, &d, &rq->err)) != ST_OK)
        return st;
    st = request_poll(rq, rp, d.version, d.state != ITEM_CHECKING, &same);
    if (st == ST_OK && !same)
        st = reply_json(rp, 200, view_dataset(&d));
    dataset_clear(&d);
    return st;
}
