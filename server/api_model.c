/* SPDX-License-Identifier: MIT */
/* /v1/models: register an ONNX file, and have a worker analyse it. */
#include "server/api.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "db/model.h"
#include "server/api_input.h"
#include "server/api_util.h"
#include "server/view.h"
#include "server/work_call.h"

enum { NAME_MAX_BYTES = 200, ANALYSE_DEADLINE_S = 600 };

struct model_post {
    const char *blob, *name; /* borrowed from the body */
    json_t *labels, *shape;  /* borrowed */
    char id[HASH_HEX];
    const char *owner;
    int64_t now_ms;
    bool existed;
};

/* {"input": [1, 3, 32, 32]}: every size at least 1. */
static enum status
check_shape(const json_t *shape, struct err *err)
{
    const char *input;
    char path[96];
    json_t *dims;
    int64_t v[16];
    size_t n;
    enum status st;

    json_object_foreach((json_t *)shape, input, dims)
    {
        snprintf(path, sizeof(path), "shape.%.64s", input);
        if ((st = json_read_ints(dims, path, v, 16, &n, err)) != ST_OK)
            return st;
        for (size_t i = 0; i < n; i++)
            if (v[i] < 1)
                return err_set(err, ST_INVALID, "request.field",
                    "%s[%zu] must be at least 1", path, i);
    }
    return ST_OK;
}

/* The file's own digest, or with shapes that of the two together: the same
 * file with another input shape is another model. */
static enum status
model_id(struct model_post *p, struct err *err)
{
    struct hash h;
    char *text;

    if (json_object_size(p->shape) == 0) {
        p->shape = NULL;
        strcpy(p->id, p->blob);
        return ST_OK;
    }
    if ((text = json_canonical(p->shape)) == NULL)
        return err_nomem(err);
    hash_init(&h);
    hash_add(&h, p->blob, strlen(p->blob));
    hash_add(&h, text, strlen(text));
    hash_end(&h, p->id);
    free(text);
    return ST_OK;
}

static enum status
read_post(struct request *rq, struct model_post *p)
{
    const struct json_field fields[] = {
        { "blob", JF_HASH, true, &p->blob, 0, 0 },
        { "name", JF_STR, false, &p->name, 0, NAME_MAX_BYTES },
        { "labels", JF_OBJ, false, &p->labels, 0, 0 },
        { "shape", JF_OBJ, false, &p->shape, 0, 0 },
    };
    enum status st;

    *p = (struct model_post){
        .name = "", .owner = rq->who.owner, .now_ms = rq->now_ms
    };
    if ((st = JSON_READ(rq->json, "", fields, &rq->err)) != ST_OK ||
        (st = api_labels(p->labels, "labels", &rq->err)) != ST_OK ||
        (st = check_shape(p->shape, &rq->err)) != ST_OK ||
        (st = input_blob_check(rq->db, "blob", p->blob, &rq->err)) != ST_OK)
        return st;
    return model_id(p, &rq->err);
}

static enum status
add_task(struct db *db, const struct model_post *p, struct err *err)
{
    int64_t id;

    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_ANALYSE,
            .owner = p->owner,
            .model = p->id,
            .deadline_s = ANALYSE_DEADLINE_S,
            .now_ms = p->now_ms },
        json_pack("{s:s,s:s,s:O?}", "blob", p->blob, "name", p->name, "shape",
            p->shape),
        json_pack("[s]", p->blob), &id, err);
}

static enum status
add_model(struct db *db, const struct model_post *p, struct err *err)
{
    char *shape = NULL, *labels = NULL;
    enum status st;

    if ((st = api_text(p->shape, &shape, err)) == ST_OK &&
        (st = api_text(p->labels, &labels, err)) == ST_OK)
        st = db_model_add(db,
            &(struct model){ .id = (char *)p->id,
                .name = (char *)p->name,
                .labels = labels ? labels : (char *)"{}",
                .blob = (char *)p->blob,
                .shape = shape,
                .created_ms = p->now_ms },
            err);
    free(shape);
    free(labels);
    return st;
}

/* Inside one transaction: a new model and its task; a refused one gets
 * another try; any other stays as it is. */
static enum status
store_post(struct db *db, void *ctx, struct err *err)
{
    struct model_post *p = ctx;
    struct model old = { 0 };
    enum status st = db_model_get(db, p->id, &old, NULL);
    bool again = st == ST_OK && old.state == ITEM_REJECTED;

    p->existed = st == ST_OK;
    model_clear(&old);
    if (p->existed && !again)
        return ST_OK;
    if (st != ST_OK && st != ST_NOT_FOUND)
        return err_set(err, st, NULL, "the model could not be read");
    st = again ? db_model_recheck(db, p->id, err) : add_model(db, p, err);
    return st == ST_OK ? add_task(db, p, err) : st;
}

/* POST /v1/models */
enum status
api_model_create(struct request *rq, struct reply *rp)
{
    struct model_post p;
    struct model m = { 0 };
    enum status st;

    if ((st = read_post(rq, &p)) != ST_OK)
        return st;
    if (rq->memo == 0) { /* the first call: later ones only wait */
        if ((st = db_tx(rq->db, store_post, &p, &rq->err)) != ST_OK)
            return st;
        rq->memo = p.existed ? 200 : 201;
        work_announce(rq);
    }
    if ((st = db_model_get(rq->db, p.id, &m, &rq->err)) == ST_OK &&
        (st = request_outcome(
             rq, &(struct check_outcome){ m.state, m.error_code, m.error_detail,
                     m.error_nodes })) == ST_OK) {
        reply_header(rp, "Location", "/v1/models/%s", p.id);
        st = reply_json(rp, (int)rq->memo, view_model(&m));
    }
    model_clear(&m);
    return st;
}

static enum status
list_one(const struct model *m, void *ctx)
{
    json_t *o = view_model(m);

    json_object_del(o, "analysis");
    return listing_add(ctx, m->seq, o);
}

/* GET /v1/models */
enum status
api_model_list(struct request *rq, struct reply *rp)
{
    struct listing l;
    struct page page;
    enum status st = listing_begin(rq, &l, &page);

    if (st == ST_OK)
        st = db_model_list(rq->db, page, list_one, &l, &rq->err);
    return listing_end(rq, rp, &l, st);
}

/* GET /v1/models/{id} */
enum status
api_model_get(struct request *rq, struct reply *rp)
{
    struct model m = { 0 };
    bool same;
    const char *id;
    enum status st;

    if ((st = request_hash(rq, 0, &id)) != ST_OK ||
        (st = db_model_get(rq->db, id, &m, &rq->err)) != ST_OK)
        return st;
    st = request_poll(rq, rp, m.version, m.state != ITEM_CHECKING, &same);
    if (st == ST_OK && !same)
        st = reply_json(rp, 200, view_model(&m));
    model_clear(&m);
    return st;
}
