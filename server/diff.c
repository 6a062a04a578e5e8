/* SPDX-License-Identifier: MIT */
#include "server/diff.h"

#include <string.h>

#include "base/flag.h"
#include "db/measure.h"
#include "server/view.h"

static json_t *
side(const struct profile *p)
{
    return json_pack("{s:I,s:s,s:s,s:o,s:o,s:o}", "id", (json_int_t)p->id,
        "model", p->model, "device", p->device, "created_at",
        view_time(p->created_ms), "grade", json_stringn(&p->grade, 1), "flags",
        flag_json(p->flags));
}

static enum status
keep_flags(const struct measure *m, void *ctx)
{
    *(int64_t *)ctx |= m->flags;
    return ST_OK;
}

/* A profile's own flags and those of its rows; that a row is a copy says
 * nothing about how it was measured. */
static enum status
all_flags(
    struct db *db, const struct profile *p, int64_t *flags, struct err *err)
{
    const struct measure_filter f = {
        .profile = p->id, .level = -1, .role = -1
    };
    enum status st = db_measure_list(db, &f, keep_flags, flags, err);

    *flags = (*flags | p->flags) & ~FLAG(cached);
    return st;
}

struct parts {
    json_t *env, *rows, *summary; /* owned */
    int64_t only_a, only_b;
};

static enum status
compare(struct db *db, const struct profile *a, const struct profile *b,
    struct parts *out, struct err *err)
{
    json_t *env_a = view_document(a->env), *env_b = view_document(b->env);
    struct diff_totals totals;
    int64_t in_a = 0, in_b = 0;
    enum status st;

    if ((st = diff_env(env_a, env_b, &out->env, err)) == ST_OK &&
        (st = all_flags(db, a, &in_a, err)) == ST_OK &&
        (st = all_flags(db, b, &in_b, err)) == ST_OK &&
        (st = diff_rows(db, a, b, &out->rows, &totals, err)) == ST_OK) {
        out->only_a = in_a & ~in_b;
        out->only_b = in_b & ~in_a;
        st = diff_summary(
            out->env, out->only_a, out->only_b, &totals, &out->summary, err);
    }
    json_decref(env_a);
    json_decref(env_b);
    return st;
}

enum status
diff_document(struct db *db, const struct profile *a, const struct profile *b,
    json_t **out, struct err *err)
{
    struct parts p = { 0 };
    enum status st = compare(db, a, b, &p, err);

    *out = NULL;
    if (st == ST_OK) {
        *out = json_pack("{s:o,s:o,s:s,s:O,s:{s:o,s:o},s:O,s:O}", "a", side(a),
            "b", side(b), "matched_by",
            strcmp(a->model, b->model) == 0 ? "place" : "kernel_key", "env",
            p.env, "flags", "only_a", flag_json(p.only_a), "only_b",
            flag_json(p.only_b), "rows", p.rows, "summary", p.summary);
        st = *out ? ST_OK : err_nomem(err);
    }
    json_decref(p.env);
    json_decref(p.rows);
    json_decref(p.summary);
    return st;
}
