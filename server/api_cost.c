/* SPDX-License-Identifier: MIT */
/* /v1/costs: measured rows across profiles. */
#include "server/api.h"

#include "base/flag.h"
#include "base/hash.h"
#include "db/profile.h"
#include "server/api_util.h"
#include "server/view.h"

enum { OMITTED_MAX = 1000 };

struct cost_listing {
    struct listing l;
    struct request *rq;
    struct profile profile; /* of the row before: mostly this row's too */
};

/* What a row of a profile does not say by itself. */
static enum status
find_profile(struct cost_listing *l, int64_t id)
{
    if (l->profile.id == id)
        return ST_OK;
    profile_clear(&l->profile);
    return db_profile_get(l->rq->db, id, &l->profile, &l->rq->err);
}

static enum status
list_one(const struct measure *m, void *ctx)
{
    struct cost_listing *l = ctx;
    enum status st = find_profile(l, m->profile);
    json_t *where;

    if (st != ST_OK)
        return st;
    where = json_pack("{s:I,s:s,s:s,s:s}", "profile", (json_int_t)m->profile,
        "device", l->profile.device, "model", l->profile.model,
        "env_fingerprint", l->profile.env_fingerprint);
    return listing_add(&l->l, m->id, view_merge(view_row(m), where));
}

/* Enough of a row to find it and to see why it is left out. */
static enum status
list_omitted(const struct measure *m, void *ctx)
{
    json_t *o = json_pack("{s:I,s:I,s:s,s:s,s:I,s:s,s:o,s:o,s:o}", "id",
        (json_int_t)m->id, "profile", (json_int_t)m->profile, "level",
        level_words[m->level], "role", role_words[m->role], "index",
        (json_int_t)m->index, "name", m->name, "kernel_key",
        view_text(m->kernel_key), "grade", json_stringn(&m->grade, 1), "flags",
        flag_json(m->flags));

    return json_array_append_new(ctx, o) == 0 ? ST_OK : ST_NOMEM;
}

/* How many rows the grade kept out of the whole list, and which ones out of
 * this page: those between its cursor and the next one. */
static enum status
add_omitted(
    struct request *rq, struct measure_filter *f, int64_t next, json_t *reply)
{
    json_t *rows = json_array();
    int64_t n = 0;
    enum status st = db_measure_omitted(rq->db, f, &n, &rq->err);

    f->below = true;
    f->until = next;
    f->limit = OMITTED_MAX;
    if (st == ST_OK && n > 0)
        st = db_measure_list(rq->db, f, list_omitted, rows, &rq->err);
    if (st == ST_OK &&
        (json_object_set_new(reply, "omitted", json_integer(n)) < 0 ||
            json_object_set(reply, "omitted_rows", rows) < 0))
        st = ST_NOMEM;
    json_decref(rows);
    return st == ST_NOMEM ? err_nomem(&rq->err) : st;
}

static enum status
read_filter(struct request *rq, struct measure_filter *f)
{
    const char *level = request_query(rq, "level");

    *f = (struct measure_filter){ .level = -1,
        .role = -1,
        .kernel_key = request_query(rq, "kernel"),
        .device = request_query(rq, "device"),
        .model = request_query(rq, "model") };
    if (level != NULL && (f->level = word_find(level_words, level)) < 0)
        return err_set(&rq->err, ST_INVALID, "request.query",
            "level must be one of L0, L1, L2, L3, L4, L5, L6");
    if ((f->kernel_key != NULL && !hash_valid(f->kernel_key)) ||
        (f->model != NULL && !hash_valid(f->model)))
        return err_set(&rq->err, ST_INVALID, "request.query",
            "%s must be 64 lower-case hex digits",
            f->model != NULL && !hash_valid(f->model) ? "model" : "kernel");
    return request_grade(rq, &f->min_grade);
}

/* GET /v1/costs */
enum status
api_cost_list(struct request *rq, struct reply *rp)
{
    struct cost_listing l = { .rq = rq };
    struct measure_filter f;
    struct page page;
    enum status st;

    if ((st = read_filter(rq, &f)) != ST_OK)
        return st;
    if ((st = listing_begin(rq, &l.l, &page)) == ST_OK) {
        f.after = page.cursor;
        f.limit = page.limit;
        st = db_measure_list(rq->db, &f, list_one, &l, &rq->err);
    }
    profile_clear(&l.profile);
    if ((st = listing_end(rq, rp, &l.l, st)) == ST_OK)
        st = add_omitted(rq, &f, l.l.next, rp->json);
    return st;
}
