/* SPDX-License-Identifier: MIT */
/* Health, metrics, the page and the API's description. */
#include "server/api.h"

#include <string.h>

#include "base/version.h"
#include "db/blob.h"
#include "db/stat.h"
#include "server/metrics.h"
#include "server/openapi.h"
#include "web/assets.h"

/* GET /healthz: the process runs. */
enum status
api_service_health(struct request *rq, struct reply *rp)
{
    (void)rq;
    return reply_json(rp, 200,
        json_pack("{s:s, s:s}", "status", "ok", "version", OFFRAMP_VERSION));
}

/* GET /readyz: the store answers, and what is new can be stored. */
enum status
api_service_ready(struct request *rq, struct reply *rp)
{
    struct stats s;
    struct err why = { 0 };

    if (db_stats(rq->db, rq->now_ms, &s, &why) != ST_OK)
        return err_set(&rq->err, ST_UNAVAILABLE, "server.not_ready",
            "the store does not answer: %s", why.text);
    if (db_blob_room(rq->db, &why) != ST_OK)
        return err_set(&rq->err, ST_UNAVAILABLE, why.code,
            "nothing can be stored: %s", why.text);
    return reply_json(rp, 200, json_pack("{s:s}", "status", "ready"));
}

/* GET /metrics */
enum status
api_service_metrics(struct request *rq, struct reply *rp)
{
    struct buf text;
    enum status st;
    size_t len;
    char *data;

    if ((st = metrics_text(rq->server, rq->db, rq->now_ms, &text, &rq->err)) !=
        ST_OK)
        return st;
    data = buf_take(&text, &len);
    return reply_data(rp, 200, METRICS_TYPE, data, len);
}

/* GET /openapi.yaml */
enum status
api_service_openapi(struct request *rq, struct reply *rp)
{
    (void)rq;
    return reply_fixed(
        rp, 200, "application/yaml", openapi_text, openapi_length());
}

static const struct web_asset *
asset_at(const char *path)
{
    for (const struct web_asset *a = web_assets; a->path != NULL; a++)
        if (strcmp(a->path, path) == 0)
            return a;
    return NULL;
}

bool
api_service_has(const char *path)
{
    return asset_at(path) != NULL;
}

/* GET / and the page's files */
enum status
api_service_asset(struct request *rq, struct reply *rp)
{
    const struct web_asset *a = asset_at(rq->path);

    if (a != NULL && reply_not_modified(rq, rp, a->etag))
        return ST_OK;
    if (a != NULL)
        return reply_fixed(rp, 200, a->type, a->data, a->len);
    return err_set(&rq->err, ST_NOT_FOUND, "request.no_route",
        "nothing is at %.200s: /openapi.yaml lists what there is", rq->path);
}
