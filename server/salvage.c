/* SPDX-License-Identifier: MIT */
#include "server/salvage.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/env_digest.h"
#include "base/log.h"
#include "server/accept_internal.h"

enum { ATTEMPTS_MAX = 16, PARTS_MAX = 10000, LOOK_BACK_MS = 3600 * 1000 };

/* What one attempt handed in. */
struct attempt {
    int64_t lease, last_ms;
    char *device;       /* owned */
    json_t *conditions; /* owned; NULL: it did not come so far */
    json_t *rows;       /* owned */
};

struct gathering {
    int64_t task;
    struct attempt attempt[ATTEMPTS_MAX];
    size_t n;
};

static void
gathering_clear(struct gathering *g)
{
    for (size_t i = 0; i < g->n; i++) {
        free(g->attempt[i].device);
        json_decref(g->attempt[i].conditions);
        json_decref(g->attempt[i].rows);
    }
}

/* The attempt that a part is of; NULL where there are too many, or no
 * memory. */
static struct attempt *
attempt_of(struct gathering *g, const struct part *p)
{
    struct attempt *a;

    for (size_t i = 0; i < g->n; i++)
        if (g->attempt[i].lease == p->lease)
            return &g->attempt[i];
    if (g->n == ATTEMPTS_MAX || p->device == NULL)
        return NULL;
    a = &g->attempt[g->n++];
    *a = (struct attempt){
        .lease = p->lease, .device = strdup(p->device), .rows = json_array()
    };
    return a->device && a->rows ? a : NULL;
}

static enum status
gather(const struct part *p, void *ctx)
{
    struct gathering *g = ctx;
    struct attempt *a = p->task == g->task ? attempt_of(g, p) : NULL;
    json_t *body = NULL, *conditions;
    enum status st = ST_OK;
    int rc = 0;

    if (a != NULL)
        st = json_parse(p->body, strlen(p->body), &body, NULL);
    if (a == NULL || st != ST_OK)
        return st == ST_NOMEM ? st : ST_OK;
    if (p->created_ms > a->last_ms)
        a->last_ms = p->created_ms;
    if (json_is_array(json_object_get(body, "rows")))
        rc = json_array_extend(a->rows, json_object_get(body, "rows"));
    conditions = json_object_get(body, "conditions");
    if (json_is_object(conditions) && a->conditions == NULL)
        a->conditions = json_incref(conditions);
    json_decref(body);
    return rc == 0 ? ST_OK : ST_NOMEM;
}

static const struct attempt *
furthest(const struct gathering *g)
{
    const struct attempt *best = NULL;

    for (size_t i = 0; i < g->n; i++) {
        const struct attempt *a = &g->attempt[i];
        size_t rows = json_array_size(a->rows);

        if (a->conditions != NULL && rows > 0 &&
            (best == NULL || rows > json_array_size(best->rows)))
            best = a;
    }
    return best;
}

/* {"stable", "volatile"} and its digest; what changes was not told. */
static int
set_env(json_t *doc)
{
    json_t *env = json_object_get(doc, "env");
    char digest[HASH_HEX];

    if (json_object_set_new(env, "volatile", json_object()) < 0 ||
        env_hash(env, digest, NULL) != ST_OK)
        return -1;
    return json_object_set_new(doc, "env_sha256", json_string(digest));
}

/* The result that the attempt would have sent, as far as it came.  The caller
 * owns it; NULL when out of memory. */
static json_t *
make_result(const struct attempt *a)
{
    json_t *doc = json_deep_copy(a->conditions);
    const char *started = json_string_value(json_object_get(doc, "started_at"));
    int64_t start_ms = started != NULL ? clock_utc_parse(started) : 0;
    char finished[CLOCK_TEXT];
    int rc = doc == NULL ? -1 : 0;

    /* Two clocks: the probe's may be ahead of ours. */
    clock_utc_text(a->last_ms > start_ms ? a->last_ms : start_ms, finished);
    rc |= json_object_set_new(doc, "schema", json_string("offramp.profile/1"));
    rc |= json_object_set_new(doc, "device", json_string(a->device));
    rc |= json_object_set_new(doc, "finished_at", json_string(finished));
    rc |= json_object_set_new(doc, "closure", json_object());
    rc |= json_object_set_new(doc, "exits", json_array());
    rc |= json_object_set_new(doc, "flags", json_pack("[s]", "partial"));
    rc |= json_object_set_new(doc, "grade", json_string("C"));
    rc |= json_object_set(doc, "rows", a->rows);
    if (rc == 0 && set_env(doc) == 0)
        return doc;
    json_decref(doc);
    return NULL;
}

struct salvaging {
    const struct attempt *attempt;
    struct task *task;
    int64_t now_ms;
};

static enum status
store(struct db *db, void *ctx, struct err *err)
{
    const struct salvaging *s = ctx;
    struct task as_it_was = *s->task; /* borrows all */
    json_t *result = make_result(s->attempt);
    enum status st;

    if (result == NULL)
        return err_nomem(err);
    as_it_was.device = s->attempt->device;
    st = accept_profile(db, &as_it_was, result, s->now_ms, err);
    json_decref(result);
    return st;
}

static enum status
salvage(struct db *db, int64_t id, int64_t now_ms, struct err *err)
{
    const struct page all = { .limit = PARTS_MAX };
    struct gathering g = { .task = id };
    struct task task;
    struct salvaging s = { .task = &task, .now_ms = now_ms };
    struct err why = { 0 };
    enum status st = db_task_get(db, id, &task, err);

    if (st != ST_OK)
        return st;
    st = db_part_list_job(db, task.job, &all, gather, &g, err);
    if (st == ST_NOMEM)
        st = err_nomem(err);
    s.attempt = furthest(&g);
    if (st == ST_OK && s.attempt != NULL) {
        st = db_tx(db, store, &s, &why);
        if (st == ST_INVALID || st == ST_UNPROCESSABLE) {
            log_warn("the parts of task %lld make no profile: %s",
                (long long)id, why.text);
            st = ST_OK;
        } else if (st != ST_OK) {
            *err = why;
        }
    }
    gathering_clear(&g);
    task_clear(&task);
    return st;
}

enum status
salvage_failed(struct db *db, int64_t now_ms, struct err *err)
{
    int64_t id = 0;
    enum status st;

    while ((st = db_task_failed_next(db, now_ms - LOOK_BACK_MS, &id, err)) ==
           ST_OK)
        if ((st = salvage(db, id, now_ms, err)) != ST_OK)
            return st;
    return st == ST_NOT_FOUND ? ST_OK : st;
}
