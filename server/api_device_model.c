/* SPDX-License-Identifier: MIT */
/* /v1/devices/{name}/model: what its owner declares that instructions take. */
#include <stdlib.h>
#include <string.h>

#include "db/device.h"
#include "server/api.h"
#include "server/api_util.h"
#include "server/device_model.h"
#include "server/server.h"
#include "server/view.h"

/* Where times are measured, nothing is to be declared. */
static enum status
check_counts(struct request *rq, const char *name)
{
    struct device d = { 0 };
    enum status st = db_device_get(rq->db, name, rq->now_ms, &d, &rq->err);
    json_t *labels;

    if (st != ST_OK)
        return st;
    labels = view_document(d.labels);
    if (labels == NULL)
        st = err_nomem(&rq->err);
    else if (strcmp(json_get_string(labels, "source", ""), "emulated") != 0)
        st = err_set(&rq->err, ST_CONFLICT, "device.measures",
            "%.64s is not emulated (label source): its times are measured, so "
            "none are modelled",
            name);
    json_decref(labels);
    device_clear(&d);
    return st;
}

static enum status
reply_model(struct request *rq, struct reply *rp, int code, int64_t version)
{
    struct device_model m = { 0 };
    enum status st =
        db_device_model_get(rq->db, rq->arg[0], version, &m, &rq->err);

    if (st == ST_OK)
        st = reply_json(rp, code, device_model_view(&m));
    device_model_clear(&m);
    return st;
}

/* GET /v1/devices/{name}/model?version= */
enum status
api_device_model_get(struct request *rq, struct reply *rp)
{
    struct device d = { 0 };
    int64_t version = 0;
    enum status st = request_query_int(rq, "version", 1, INT64_MAX, &version);

    if (st == ST_OK)
        st = db_device_get(rq->db, rq->arg[0], rq->now_ms, &d, &rq->err);
    device_clear(&d);
    return st == ST_OK ? reply_model(rq, rp, 200, version) : st;
}

/* Is the newest version this very document? */
static enum status
is_newest(struct request *rq, const char *text, bool *same)
{
    struct device_model m = { 0 };
    struct err none = { 0 };
    enum status st = db_device_model_get(rq->db, rq->arg[0], 0, &m, &none);

    *same = st == ST_OK && strcmp(m.document, text) == 0;
    device_model_clear(&m);
    return st == ST_NOT_FOUND || st == ST_OK
               ? ST_OK
               : err_set(&rq->err, st, none.code, "%s", none.text);
}

/* PUT /v1/devices/{name}/model */
enum status
api_device_model_put(struct request *rq, struct reply *rp)
{
    struct cost_model read;
    char *text = NULL;
    bool same = false;
    enum status st;

    if ((st = device_model_read(rq->json, &read, &rq->err)) != ST_OK ||
        (st = check_counts(rq, rq->arg[0])) != ST_OK ||
        (st = api_text(rq->json, &text, &rq->err)) != ST_OK)
        return st;
    if ((st = is_newest(rq, text, &same)) == ST_OK && !same)
        st =
            db_device_model_add(rq->db, rq->arg[0], text, rq->now_ms, &rq->err);
    free(text);
    return st == ST_OK ? reply_model(rq, rp, same ? 200 : 201, 0) : st;
}
