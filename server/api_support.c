/* SPDX-License-Identifier: MIT */
/* What of a network a device can run, and why not the rest. */
#include <string.h>

#include "db/model.h"
#include "server/api.h"
#include "server/profile_doc.h"
#include "server/support.h"
#include "server/view.h"

/* "ONNX Runtime 1.30.0", as the profile's environment has it. */
static json_t *
of_runtime(const struct profile *p, const json_t *analysis)
{
    json_t *env = view_document(p->env), *doc;
    const json_t *stable = json_object_get(env, "stable");
    char name[128];

    snprintf(name, sizeof(name), "%.60s %.60s",
        json_get_string(stable, "runtime", "its runtime"),
        json_get_string(stable, "runtime_version", ""));
    doc = support_of_all(analysis, name);
    json_decref(env);
    return doc;
}

static enum status
reply_support(struct request *rq, struct reply *rp, const struct profile *p)
{
    json_t *analysis = NULL, *doc;
    enum status st = profile_analysis(rq->db, p, &analysis, &rq->err);

    if (st != ST_OK)
        return st;
    doc = p->support ? view_document(p->support) : of_runtime(p, analysis);
    json_decref(analysis);
    return reply_json(rp, 200,
        view_merge(json_pack("{s:I,s:s,s:s}", "profile", (json_int_t)p->id,
                       "model", p->model, "device", p->device),
            doc));
}

/* GET /v1/profiles/{id}/support */
enum status
api_profile_support(struct request *rq, struct reply *rp)
{
    struct profile p = { 0 };
    int64_t id;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = db_profile_get(rq->db, id, &p, &rq->err)) != ST_OK)
        return st;
    st = reply_support(rq, rp, &p);
    profile_clear(&p);
    return st;
}

static enum status
keep_id(const struct profile *p, void *ctx)
{
    *(int64_t *)ctx = p->id;
    return ST_OK;
}

/* GET /v1/models/{id}/support?device=: of the newest profile there */
enum status
api_model_support(struct request *rq, struct reply *rp)
{
    struct profile_filter f = { .device = request_query(rq, "device"),
        .page = { .limit = 1 } };
    struct model m = { 0 };
    struct profile p = { 0 };
    int64_t id = 0;
    enum status st;

    if ((st = request_hash(rq, 0, &f.model)) != ST_OK ||
        (st = db_model_get(rq->db, f.model, &m, &rq->err)) != ST_OK)
        return st;
    model_clear(&m);
    if (f.device == NULL || f.device[0] == '\0')
        return err_set(&rq->err, ST_INVALID, "request.query",
            "say which device: ?device= takes a name of /v1/devices");
    if ((st = db_profile_list(rq->db, &f, keep_id, &id, &rq->err)) != ST_OK)
        return st;
    if (id == 0)
        return err_set(&rq->err, ST_NOT_FOUND, "profile.not_found",
            "%.64s has not measured this model: what it can run is found out "
            "by a job (POST /v1/jobs)",
            f.device);
    if ((st = db_profile_get(rq->db, id, &p, &rq->err)) == ST_OK)
        st = reply_support(rq, rp, &p);
    profile_clear(&p);
    return st;
}
