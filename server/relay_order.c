/* SPDX-License-Identifier: MIT */
#include "server/relay_order.h"

#include <stdlib.h>
#include <string.h>

#include "server/accept_internal.h"
#include "server/api_input.h"
#include "server/view.h"

enum {
    WAIT_S = 600, /* for the one before, and for its next sample */
    ANSWER_S = 30,
    ANSWER_EMULATED_S = 300,
    DEADLINE_REST_S = 1800,
    DEVICES_MAX = 256,
    PROCESSORS_MAX = 8,
};

/* ---- one processor's task ---- */

static const json_t *
chain_of(const struct stage *s)
{
    return json_object_get(json_object_get(s->document, "deployment"), "chain");
}

static const json_t *
processors_of(const struct stage *s)
{
    return json_object_get(s->request, "processors");
}

static bool
any_emulated(const struct stage *s)
{
    const json_t *p;
    size_t i;

    json_array_foreach(processors_of(s), i, p)
    {
        if (json_is_true(json_object_get(p, "emulated")))
            return true;
    }
    return false;
}

static json_t *
names_json(const struct stage *s)
{
    json_t *list = json_array();
    const json_t *p;
    size_t i;

    json_array_foreach(processors_of(s), i, p)
    {
        json_array_append(list, json_object_get(p, "name"));
    }
    return list;
}

/* The plan's exits; outputs of an int8 board must be exact. */
static json_t *
exits_json(const struct stage *s)
{
    json_t *list = json_array();
    const json_t *link, *x;
    size_t k, i;

    json_array_foreach(chain_of(s), k, link)
    {
        const json_t *image = json_object_get(link, "image");
        bool exact = strcmp(json_get_string(image, "type", ""), "int8") == 0;

        json_array_foreach(json_object_get(link, "exits"), i, x)
        {
            if (json_is_true(json_object_get(x, "kept")))
                json_array_append_new(
                    list, json_pack("{s:O,s:O,s:b}", "index",
                              json_object_get(x, "index"), "name",
                              json_object_get(x, "name"), "exact", exact));
        }
    }
    return list;
}

static json_t *
payload_json(const struct stage *s, size_t at)
{
    const json_t *deployment = json_object_get(s->document, "deployment");
    const bool emulated = any_emulated(s);
    json_t *o = json_pack("{s:I,s:I,s:O,s:i,s:i,s:O}", "at", (json_int_t)at,
        "length", (json_int_t)json_array_size(chain_of(s)), "what",
        json_object_get(deployment, "onnx"), "wait_s", WAIT_S, "answer_s",
        emulated ? ANSWER_EMULATED_S : ANSWER_S, "stretch",
        json_array_get(chain_of(s), at));

    if (at > 0)
        return o;
    return view_merge(
        o, json_pack("{s:o,s:o,s:O,s:b,s:{s:O,s:O*},s:I}", "exits",
               exits_json(s), "names", names_json(s), "rows",
               json_object_get(deployment, "rows"), "timed", !emulated,
               "policy", "budget_s", json_object_get(s->request, "budget_s"),
               "ci_rel", json_object_get(s->request, "ci_rel"), "seed",
               (json_int_t)s->flow.id));
}

static enum status
add_blob(struct db *db, json_t *list, const json_t *o, const char *member,
    struct err *err)
{
    const char *hex = json_get_string(o, member, NULL);
    enum status st;

    if (hex == NULL)
        return ST_OK;
    if ((st = accept_blob(db, "result", hex, err)) != ST_OK)
        return st;
    return json_array_append_new(list, json_string(hex)) == 0 ? ST_OK
                                                              : err_nomem(err);
}

static enum status
blobs_json(struct db *db, const struct stage *s, size_t at, json_t *list,
    struct err *err)
{
    static const char *const in_rows[] = { "inputs", "labels", "reference" };
    const json_t *link = json_array_get(chain_of(s), at), *x;
    const json_t *rows =
        json_object_get(json_object_get(s->document, "deployment"), "rows");
    enum status st =
        add_blob(db, list, json_object_get(link, "image"), "image", err);
    size_t i;

    json_array_foreach(json_object_get(link, "exits"), i, x)
    {
        if (st == ST_OK)
            st = add_blob(db, list, x, "segment", err);
        if (st == ST_OK)
            st = add_blob(db, list, x, "head", err);
    }
    for (i = 0; st == ST_OK && at == 0 && i < 3; i++)
        st = add_blob(db, list, rows, in_rows[i], err);
    return st;
}

static enum status
add_task(struct db *db, const struct stage *s, size_t at, int64_t priority,
    int64_t now_ms, struct err *err)
{
    const json_t *p = json_array_get(processors_of(s), at);
    const json_t *devices = json_object_get(p, "devices");
    const double budget_s = json_get_number(s->request, "budget_s");
    const char *names[DEVICES_MAX];
    size_t n = json_array_size(devices);
    json_t *blobs = json_array();
    int64_t id;
    enum status st = blobs ? blobs_json(db, s, at, blobs, err) : err_nomem(err);

    if (st != ST_OK) {
        json_decref(blobs);
        return st;
    }
    n = n < DEVICES_MAX ? n : DEVICES_MAX;
    for (size_t i = 0; i < n; i++)
        names[i] = json_string_value(json_array_get(devices, i));
    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_RELAY,
            .owner = s->flow.owner,
            .priority = priority,
            .flow = s->flow.id,
            .selector = json_get_string(p, "selector", NULL),
            .devices = names,
            .n_devices = n,
            .deadline_s = (int64_t)(2 * budget_s) + DEADLINE_REST_S,
            .now_ms = now_ms },
        payload_json(s, at), blobs, &id, err);
}

enum status
relay_order_start(struct db *db, const struct stage *s, const struct task *from,
    int64_t now_ms, struct err *err)
{
    const size_t n = json_array_size(chain_of(s));

    if (n == 0 || n > PROCESSORS_MAX || n != json_array_size(processors_of(s)))
        return err_set(err, ST_UNPROCESSABLE, "result.chain",
            "the plan was cut for %zu processors, it is mapped onto %zu: do "
            "server and worker have the same version?",
            n, json_array_size(processors_of(s)));
    return add_task(db, s, n - 1, from->priority, now_ms, err);
}

/* ---- the tasks that there are ---- */

/* The processors' tasks of a flow: id and state by place; 0: not yet. */
struct places {
    struct db *db;
    int64_t ids[PROCESSORS_MAX * 2];
    size_t n;
    int64_t id[PROCESSORS_MAX];
    enum task_state state[PROCESSORS_MAX];
};

static enum status
collect(const struct task *t, void *ctx)
{
    struct places *p = ctx;

    if (t->kind == TASK_RELAY && p->n < sizeof(p->ids) / sizeof(p->ids[0]))
        p->ids[p->n++] = t->id;
    return ST_OK;
}

static enum status
place(struct db *db, int64_t task, struct task *t, size_t *at, struct err *err)
{
    json_t *payload = NULL;
    enum status st = db_task_get(db, task, t, err);

    if (st == ST_OK && (payload = view_document(t->payload)) == NULL)
        st = err_nomem(err);
    if (st == ST_OK)
        *at = (size_t)json_integer_value(json_object_get(payload, "at"));
    json_decref(payload);
    return st;
}

static enum status
find_places(struct db *db, int64_t flow, struct places *p, struct err *err)
{
    enum status st;

    *p = (struct places){ .db = db };
    st = db_task_list_flow(db, flow, collect, p, err);
    for (size_t i = 0; st == ST_OK && i < p->n; i++) {
        struct task t = { 0 };
        size_t at = 0;

        if ((st = place(db, p->ids[i], &t, &at, err)) == ST_OK &&
            at < PROCESSORS_MAX) {
            p->id[at] = t.id;
            p->state[at] = t.state;
        }
        task_clear(&t);
    }
    return st;
}

static bool
is_open(enum task_state s)
{
    return s == TASK_QUEUED || s == TASK_LEASED;
}

/* ---- the next one ---- */

struct next {
    int64_t lease, now_ms;
    const json_t *part;
    bool *added;
};

static enum status
queue_before(struct db *db, const struct task *t, size_t at,
    const struct next *n, struct err *err)
{
    struct stage s = { 0 };
    struct places p;
    enum status st = find_places(db, t->flow, &p, err);

    if (st != ST_OK || (p.id[at - 1] != 0 && is_open(p.state[at - 1])))
        return st;
    if (p.id[at - 1] != 0)
        st = db_flow_again(db, p.id[at - 1], n->now_ms, err);
    else if ((st = stage_load(db, t->flow, &s, err)) == ST_OK)
        st = add_task(db, &s, at - 1, t->priority, n->now_ms, err);
    stage_clear(&s);
    *n->added = st == ST_OK;
    return st;
}

static enum status
keep_partial(
    struct db *db, const struct task *t, const json_t *part, struct err *err)
{
    json_t *partial = json_object_get(part, "partial");
    struct stage s = { 0 };
    enum status st;

    if (!json_is_object(partial))
        return ST_OK;
    if ((st = stage_load(db, t->flow, &s, err)) == ST_OK &&
        json_object_set(s.document, "partial", partial) != 0)
        st = err_nomem(err);
    if (st == ST_OK)
        st = stage_store(db, &s, err);
    stage_clear(&s);
    return st;
}

static enum status
next(struct db *db, void *ctx, struct err *err)
{
    const struct next *n = ctx;
    struct lease lease = { 0 };
    struct task t = { 0 };
    size_t at = 0;
    enum status st = db_lease_get(db, n->lease, &lease, err);

    if (st == ST_OK)
        st = place(db, lease.task, &t, &at, err);
    if (st == ST_OK && t.kind == TASK_RELAY)
        st = at > 0 && at < PROCESSORS_MAX ? queue_before(db, &t, at, n, err)
                                           : keep_partial(db, &t, n->part, err);
    task_clear(&t);
    lease_clear(&lease);
    return st;
}

enum status
relay_order_next(struct db *db, int64_t lease, const json_t *part,
    int64_t now_ms, bool *added, struct err *err)
{
    *added = false;
    return db_tx(db, next, &(struct next){ lease, now_ms, part, added }, err);
}

/* ---- failures ---- */

static enum status
end_others(struct db *db, void *ctx, struct err *err)
{
    const struct next *n = ctx;
    struct lease lease = { 0 };
    struct task t = { 0 };
    struct places p;
    size_t at = 0;
    enum status st = db_lease_get(db, n->lease, &lease, err);

    if (st == ST_OK && (st = place(db, lease.task, &t, &at, err)) == ST_OK &&
        t.kind == TASK_RELAY && t.state == TASK_FAILED &&
        (st = find_places(db, t.flow, &p, err)) == ST_OK)
        for (size_t i = 0; st == ST_OK && i < PROCESSORS_MAX; i++)
            if (p.id[i] != 0 && is_open(p.state[i]))
                st = db_task_cancel(db, p.id[i], n->now_ms, err);
    task_clear(&t);
    lease_clear(&lease);
    return st;
}

enum status
relay_order_failed(
    struct db *db, int64_t lease, int64_t now_ms, struct err *err)
{
    return db_tx(db, end_others,
        &(struct next){ .lease = lease, .now_ms = now_ms }, err);
}

struct resuming {
    enum flow_kind kind;
    int64_t id, now_ms;
};

static enum status
resume(struct db *db, void *ctx, struct err *err)
{
    const struct resuming *r = ctx;
    struct places p;
    int64_t open = 0;
    size_t last = 0;
    bool all = true;
    enum status st = find_places(db, r->id, &p, err);

    for (size_t i = 0; i < PROCESSORS_MAX; i++)
        if (p.id[i] != 0) {
            all = all && p.state[i] == TASK_DONE;
            last = i;
        }
    if (st == ST_OK)
        st = db_flow_open_tasks(db, r->id, 0, &open, err);
    if (st != ST_OK)
        return st;
    if (p.n == 0 || all || open > 0)
        return db_flow_resume(db, r->kind, r->id, r->now_ms, err);
    return db_flow_again(db, p.id[last], r->now_ms, err);
}

enum status
relay_order_resume(struct db *db, enum flow_kind kind, int64_t id,
    int64_t now_ms, struct err *err)
{
    return db_tx(db, resume, &(struct resuming){ kind, id, now_ms }, err);
}
