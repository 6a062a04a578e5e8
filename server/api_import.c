/* SPDX-License-Identifier: MIT */
/* /v1/import: a native table of another server. */
#include "server/api.h"

#include "server/import_read.h"
#include "server/profile_doc.h"
#include "server/server.h"

struct storing {
    struct import_in *in;
    int64_t profile;
    bool is_new;
};

static enum status
store(struct db *db, void *ctx, struct err *err)
{
    struct storing *s = ctx;
    struct import_in *in = s->in;
    int64_t id;
    enum status st = db_import_find(db, in->sha256, &s->profile, err);

    s->is_new = st == ST_NOT_FOUND;
    if (!s->is_new)
        return st;
    if ((st = db_import_add(db, &in->from, &in->profile.import, err)) == ST_OK)
        st = db_profile_add(db, &in->profile, &s->profile, err);
    for (size_t i = 0; st == ST_OK && i < in->n; i++) {
        struct measure m = in->row[i].m;

        m.profile = s->profile;
        st = db_measure_add(db, &m, NULL, 0, &id, err);
    }
    return st;
}

static enum status
reply_profile(struct request *rq, struct reply *rp, const struct storing *s)
{
    struct profile p = { 0 };
    json_t *doc;
    enum status st = db_profile_get(rq->db, s->profile, &p, &rq->err);

    if (st == ST_OK &&
        (st = profile_document(rq->db, &p, &doc, &rq->err)) == ST_OK)
        st = reply_json(rp, s->is_new ? 201 : 200, doc);
    profile_clear(&p);
    return st;
}

/* POST /v1/import */
enum status
api_import_create(struct request *rq, struct reply *rp)
{
    struct import_in in = { 0 };
    struct storing s = { .in = &in };
    enum status st;

    if (rq->json == NULL)
        return err_set(&rq->err, ST_INVALID, "request.json",
            "a JSON body is needed, with Content-Type: application/json");
    if ((st = import_read(rq->json, rq->now_ms, &in, &rq->err)) == ST_OK &&
        (st = db_tx(rq->db, store, &s, &rq->err)) == ST_OK)
        st = reply_profile(rq, rp, &s);
    import_in_clear(&in);
    return st;
}
