/* SPDX-License-Identifier: MIT */
/* /v1/profiles: measured runs, their rows, raw epochs and environment. */
#include "server/api.h"

#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "server/api_util.h"
#include "server/modelled.h"
#include "server/profile_doc.h"
#include "server/view.h"

/* A profile never changes, but that rows of it become stale: its number, how
 * many those are and who formats it are its tag. */
static bool
not_modified(struct request *rq, struct reply *rp, int64_t id, const char *part)
{
    int64_t stale = 0;
    char tag[96];

    if (db_cache_expired(rq->db, id, &stale, NULL) != ST_OK)
        return false;
    snprintf(tag, sizeof(tag), "%s-%lld-%lld-" OFFRAMP_VERSION, part,
        (long long)id, (long long)stale);
    return reply_not_modified(rq, rp, tag);
}

struct profile_listing {
    struct listing l;
    struct request *rq;
};

static enum status
list_one(const struct profile *p, void *ctx)
{
    struct profile_listing *l = ctx;
    json_t *o;
    enum status st = profile_document(l->rq->db, p, &o, &l->rq->err);

    return st == ST_OK ? listing_add(&l->l, p->id, o) : st;
}

/* GET /v1/profiles */
enum status
api_profile_list(struct request *rq, struct reply *rp)
{
    struct profile_filter f = { .model = request_query(rq, "model"),
        .device = request_query(rq, "device") };
    struct profile_listing l = { .rq = rq };
    enum status st;

    if ((st = request_query_int(rq, "job", 1, INT64_MAX, &f.job)) != ST_OK)
        return st;
    if ((st = listing_begin(rq, &l.l, &f.page)) == ST_OK)
        st = db_profile_list(rq->db, &f, list_one, &l, &rq->err);
    return listing_end(rq, rp, &l.l, st);
}

/* GET /v1/profiles/{id} */
enum status
api_profile_get(struct request *rq, struct reply *rp)
{
    struct profile p = { 0 };
    json_t *doc;
    int64_t id;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = db_profile_get(rq->db, id, &p, &rq->err)) != ST_OK)
        return st;
    if (!not_modified(rq, rp, id, "profile") &&
        (st = profile_document(rq->db, &p, &doc, &rq->err)) == ST_OK)
        st = reply_json(rp, 200, doc);
    profile_clear(&p);
    return st;
}

/* What is wanted of a profile's rows. */
struct wanted {
    bool modelled;
    char min_grade;
};

static enum status
reply_rows(struct request *rq, struct reply *rp, const struct profile *p,
    const struct wanted *w)
{
    json_t *analysis, *model = NULL;
    json_t *rows = json_array(), *omitted = json_array();
    enum status st = rows && omitted
                         ? profile_analysis(rq->db, p, &analysis, &rq->err)
                         : err_nomem(&rq->err);

    if (st == ST_OK) {
        st = profile_rows(
            rq->db, p, analysis, w->min_grade, rows, omitted, &rq->err);
        json_decref(analysis);
    }
    if (st == ST_OK && w->modelled)
        st = modelled_rows(rq->db, p->id, p->device, rows, &model, &rq->err);
    if (st == ST_OK)
        return reply_json(rp, 200,
            json_pack("{s:o,s:I,s:o,s:o*}", "items", rows, "omitted",
                (json_int_t)json_array_size(omitted), "omitted_rows", omitted,
                "model", model));
    json_decref(rows);
    json_decref(omitted);
    return st;
}

/* GET /v1/profiles/{id}/layers?min_grade=; modelled ones change with the
 * model. */
enum status
api_profile_layers(struct request *rq, struct reply *rp)
{
    struct profile p = { 0 };
    struct wanted w;
    int64_t id;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = request_modelled(rq, &w.modelled)) != ST_OK ||
        (st = request_grade(rq, &w.min_grade)) != ST_OK ||
        (st = db_profile_get(rq->db, id, &p, &rq->err)) != ST_OK)
        return st;
    if (w.modelled || !not_modified(rq, rp, id, "layers"))
        st = reply_rows(rq, rp, &p, &w);
    profile_clear(&p);
    return st;
}

/* Is `row` one of this profile's? */
static enum status
check_row(struct request *rq, int64_t profile, int64_t row)
{
    struct measure m = { 0 };
    enum status st = db_measure_get(rq->db, row, &m, &rq->err);

    if (st == ST_OK && m.profile != profile)
        st = err_set(&rq->err, ST_NOT_FOUND, "measure.not_found",
            "row %lld is not of profile %lld; its rows are at "
            "/v1/profiles/%lld/layers",
            (long long)row, (long long)profile, (long long)profile);
    measure_clear(&m);
    return st;
}

/* GET /v1/profiles/{id}/epochs?row= */
enum status
api_profile_epochs(struct request *rq, struct reply *rp)
{
    int64_t id, row = 0;
    double *epochs;
    json_t *list;
    size_t n;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = request_query_int(rq, "row", 1, INT64_MAX, &row)) != ST_OK)
        return st;
    if (row == 0)
        return err_set(&rq->err, ST_INVALID, "request.query",
            "say which row: ?row= takes an id of /v1/profiles/%lld/layers",
            (long long)id);
    if ((st = check_row(rq, id, row)) != ST_OK ||
        (st = db_measure_epochs(rq->db, row, &epochs, &n, &rq->err)) != ST_OK)
        return st;
    list = json_array();
    for (size_t i = 0; i < n; i++)
        if (json_array_append_new(list, json_real(epochs[i])) < 0)
            st = err_nomem(&rq->err);
    free(epochs);
    if (st == ST_OK)
        return reply_json(rp, 200,
            json_pack("{s:I,s:o}", "row", (json_int_t)row, "epochs_ns", list));
    json_decref(list);
    return st;
}

/* GET /v1/profiles/{id}/env */
enum status
api_profile_env(struct request *rq, struct reply *rp)
{
    struct profile p = { 0 };
    int64_t id;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = db_profile_get(rq->db, id, &p, &rq->err)) != ST_OK)
        return st;
    if (!not_modified(rq, rp, id, "env"))
        st = reply_json(rp, 200,
            json_pack("{s:o,s:s,s:s}", "env", view_document(p.env),
                "env_fingerprint", p.env_fingerprint, "env_sha256",
                p.env_sha256));
    profile_clear(&p);
    return st;
}

/* GET /v1/profiles/{id}/analysis: of the model as it was measured, which an
 * imported profile brings with it. */
enum status
api_profile_analysis(struct request *rq, struct reply *rp)
{
    struct profile p = { 0 };
    json_t *analysis;
    int64_t id;
    enum status st;

    if ((st = request_id(rq, 0, &id)) != ST_OK ||
        (st = db_profile_get(rq->db, id, &p, &rq->err)) != ST_OK)
        return st;
    if ((st = profile_analysis(rq->db, &p, &analysis, &rq->err)) == ST_OK)
        st = reply_json(rp, 200, analysis);
    profile_clear(&p);
    return st;
}
