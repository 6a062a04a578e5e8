/* SPDX-License-Identifier: MIT */
/* The stages of a live run: what a worker prepared goes to the device, and
 * what the device did goes back to a worker, who replays it. */
#include <stdlib.h>
#include <string.h>

#include "db/flow.h"
#include "server/accept_internal.h"
#include "server/api_input.h"
#include "server/api_util.h"
#include "server/live_order.h"
#include "server/live_next.h"
#include "server/view.h"

enum {
    POLICIES_MAX = 32,
    WAIT_S = 600, /* the device that serves waits so long for the other */
    REPLAY_DEADLINE_S = 1800,
    DEADLINE_REST_S = 600,
};

/* A stage that ended; `payload` and what is in it are owned. */
struct stage {
    struct db *db;
    const struct task *task;
    json_t *payload;
    const json_t *result;
    int64_t now_ms;
};

/* ---- blobs ---- */

/* Those of the object's members that are there, checked to be here. */
static enum status
collect(struct db *db, const json_t *o, const char *const *members,
    json_t *blobs, struct err *err)
{
    enum status st;

    for (size_t i = 0; members[i] != NULL; i++) {
        const char *hex = json_get_string(o, members[i], NULL);

        if (hex == NULL)
            continue;
        if ((st = accept_blob(db, members[i], hex, err)) != ST_OK)
            return st;
        if (json_array_append_new(blobs, json_string(hex)) < 0)
            return err_nomem(err);
    }
    return ST_OK;
}

static enum status
collect_each(struct db *db, const json_t *list, const char *const *members,
    json_t *blobs, struct err *err)
{
    enum status st = ST_OK;
    const json_t *x;
    size_t i;

    json_array_foreach(list, i, x) if (st == ST_OK) st =
        collect(db, x, members, blobs, err);
    return st;
}

/* ---- prepare ---- */

/* What the device is to do. */
static json_t *
run_payload(const struct stage *s)
{
    static const char *const of_result[] = { "rows", "policies", "setting",
        "cost", "earn", "timed", NULL };
    static const char *const of_payload[] = { "costs", "problem", NULL };
    const json_t *next = json_object_get(s->payload, "next");
    json_t *o = json_pack("{s:s,s:O,s:O,s:b}", "role", "run", "exits",
        json_object_get(next, "exits"), "budget_s",
        json_object_get(next, "budget_s"), "elsewhere",
        json_is_array(json_object_get(next, "others")));

    for (size_t i = 0; o != NULL && of_result[i] != NULL; i++)
        (void)json_object_set(
            o, of_result[i], json_object_get(s->result, of_result[i]));
    for (size_t i = 0; o != NULL && of_payload[i] != NULL; i++)
        (void)json_object_set(
            o, of_payload[i], json_object_get(s->payload, of_payload[i]));
    return o;
}

/* A task for one of the devices, as a document: what live_next_add() takes. */
static enum status
add_run(const struct stage *s, json_t *blobs, json_t *parts, struct err *err)
{
    const json_t *next = json_object_get(s->payload, "next");
    const int64_t deadline_s =
        (int64_t)(4 * json_get_number(next, "budget_s")) + DEADLINE_REST_S;
    json_t *run = json_pack("{s:O,s:O,s:I,s:o,s:O}", "selector",
        json_object_get(next, "selector"), "devices",
        json_object_get(next, "devices"), "deadline_s", (json_int_t)deadline_s,
        "payload", run_payload(s), "blobs", blobs);
    json_t *serve = NULL;
    enum status st = run != NULL ? ST_OK : err_nomem(err);

    if (st == ST_OK && !json_is_array(json_object_get(next, "others")))
        st = live_next_add(s->db, s->task, run, s->now_ms, err);
    else if (st == ST_OK) {
        serve = json_pack("{s:O,s:O,s:I,s:{s:s,s:O,s:i,s:O},s:O}", "selector",
            json_object_get(next, "to"), "devices",
            json_object_get(next, "others"), "deadline_s",
            (json_int_t)deadline_s + WAIT_S, "payload", "role", "serve",
            "exits", json_object_get(next, "exits"), "wait_s", WAIT_S, "next",
            run, "blobs", parts);
        st = serve != NULL
                 ? live_next_add(s->db, s->task, serve, s->now_ms, err)
                 : err_nomem(err);
    }
    json_decref(run);
    json_decref(serve);
    return st;
}

static enum status
prepared(const struct stage *s, struct err *err)
{
    static const char *const in_exits[] = { "segment", "head", NULL };
    static const char *const in_rows[] = { "inputs", "labels", NULL };
    json_t *rows = NULL, *cost = NULL, *earn = NULL, *setting = NULL;
    json_t *policies = NULL, *blobs = json_array(), *parts = json_array();
    bool timed;
    const struct json_field fields[] = {
        { "rows", JF_OBJ, true, &rows, 0, 0 },
        { "policies", JF_ARR, true, &policies, 0, 0 },
        { "setting", JF_OBJ, true, &setting, 0, 0 },
        { "cost", JF_OBJ, true, &cost, 0, 0 },
        { "earn", JF_OBJ, true, &earn, 0, 0 },
        { "timed", JF_BOOL, true, &timed, 0, 0 },
    };
    enum status st = blobs && parts ? ST_OK : err_nomem(err);

    if (st == ST_OK &&
        (st = accept_schema(
             s->result, "result", "offramp.live_order/1", err)) == ST_OK &&
        (st = JSON_PICK(s->result, "result", fields, err)) == ST_OK &&
        (st = collect(s->db, rows, in_rows, blobs, err)) == ST_OK &&
        (st = collect_each(s->db,
             json_object_get(json_object_get(s->payload, "next"), "exits"),
             in_exits, parts, err)) == ST_OK &&
        (st = json_array_extend(blobs, parts) == 0 ? ST_OK : err_nomem(err)) ==
            ST_OK)
        st = add_run(s, blobs, parts, err);
    json_decref(blobs);
    json_decref(parts);
    return st;
}

/* ---- run ---- */

/* What is known now, beside what was known before. */
static enum status
note(const struct stage *s, const char *member, struct err *err)
{
    struct flow f = { 0 };
    json_t *document = NULL;
    char *text = NULL;
    enum status st = db_flow_get(s->db, FLOW_TRIAL, s->task->flow, &f, err);

    if (st == ST_OK) {
        document = f.document ? view_document(f.document) : json_object();
        if (json_object_set(document, member, (json_t *)s->result) < 0)
            st = err_nomem(err);
    }
    if (st == ST_OK && (st = api_text(document, &text, err)) == ST_OK)
        st = db_flow_set(s->db, s->task->flow, 0, text, err);
    free(text);
    json_decref(document);
    flow_clear(&f);
    return st;
}

static enum status
add_replay(
    const struct stage *s, json_t *streams, json_t *blobs, struct err *err)
{
    int64_t id;

    return input_task_add(s->db,
        &(struct task_offer){ .kind = TASK_LIVE,
            .owner = s->task->owner,
            .priority = s->task->priority,
            .flow = s->task->flow,
            .deadline_s = REPLAY_DEADLINE_S,
            .now_ms = s->now_ms },
        json_pack("{s:s,s:I,s:O,s:O,s:O,s:O}", "role", "replay", "exits",
            (json_int_t)json_array_size(json_object_get(s->payload, "exits")),
            "records", json_object_get(s->result, "records"), "streams",
            streams, "costs", json_object_get(s->payload, "costs"), "problem",
            json_object_get(s->payload, "problem")),
        blobs, &id, err);
}

/* Each has what the page and the replay need of it. */
static enum status
check_streams(const json_t *streams, struct err *err)
{
    const char *name, *steps;
    json_t *here, *over, *cost, *pulls;
    double share, accuracy;
    int64_t n;
    const struct json_field fields[] = {
        { "name", JF_STR, true, &name, 0, 64 },
        { "n", JF_INT, true, &n, 1, LIVE_ROWS_MAX },
        { "steps", JF_HASH, true, &steps, 0, 0 },
        { "accuracy", JF_REAL, true, &accuracy, 0, 1 },
        { "handed_over", JF_REAL, true, &share, 0, 1 },
        { "pulls", JF_ARR, true, &pulls, 0, 0 },
        { "here", JF_OBJ, true, &here, 0, 0 },
        { "over", JF_OBJ, true, &over, 0, 0 },
        { "cost", JF_OBJ, true, &cost, 0, 0 },
    };
    enum status st = ST_OK;
    const json_t *x;
    size_t i;

    if (json_array_size(streams) == 0 ||
        json_array_size(streams) > POLICIES_MAX)
        return err_set(err, ST_UNPROCESSABLE, "result.policies",
            "result.policies must have 1 to %d members", POLICIES_MAX);
    json_array_foreach(streams, i, x) if (st == ST_OK) st =
        JSON_PICK(x, "result.policies[]", fields, err);
    return st;
}

static enum status
ran(const struct stage *s, struct err *err)
{
    static const char *const steps[] = { "steps", NULL };
    static const char *const records[] = { "records", NULL };
    const char *hex = NULL, *fingerprint = NULL;
    json_t *streams = NULL, *full = NULL, *blobs = json_array();
    const struct json_field fields[] = {
        { "records", JF_HASH, true, &hex, 0, 0 },
        { "env_fingerprint", JF_HASH, true, &fingerprint, 0, 0 },
        { "full", JF_OBJ, true, &full, 0, 0 },
        { "policies", JF_ARR, true, &streams, 0, 0 },
    };
    enum status st = blobs != NULL ? ST_OK : err_nomem(err);

    if (st == ST_OK &&
        (st = accept_schema(s->result, "result", "offramp.live/1", err)) ==
            ST_OK &&
        (st = JSON_PICK(s->result, "result", fields, err)) == ST_OK &&
        (st = check_streams(streams, err)) == ST_OK &&
        (st = collect(s->db, s->result, records, blobs, err)) == ST_OK &&
        (st = collect_each(s->db, streams, steps, blobs, err)) == ST_OK &&
        (st = note(s, "live", err)) == ST_OK)
        return add_replay(s, streams, blobs, err); /* steals the blobs */
    json_decref(blobs);
    return st;
}

/* ---- replay ---- */

static enum status
replayed(const struct stage *s, struct err *err)
{
    json_t *policies = NULL;
    const struct json_field fields[] = {
        { "policies", JF_ARR, true, &policies, 0, 0 },
    };
    enum status st;

    if ((st = accept_schema(
             s->result, "result", "offramp.live_replay/1", err)) != ST_OK ||
        (st = JSON_PICK(s->result, "result", fields, err)) != ST_OK)
        return st;
    return note(s, "replay", err);
}

/* ---- serve ---- */

static enum status
served(const struct stage *s, struct err *err)
{
    return accept_schema(s->result, "result", "offramp.live_served/1", err);
}

/* ---- all of them ---- */

enum status
payload_live(struct db *db, const struct payload_ask *ask, json_t *payload,
    struct err *err)
{
    return json_is_true(json_object_get(payload, "elsewhere"))
               ? accept_give_peer(db, ask->task, payload, err)
               : ST_OK;
}

static const struct {
    const char *role;
    enum status (*ended)(const struct stage *s, struct err *err);
} roles[] = { { "prepare", prepared }, { "serve", served }, { "run", ran },
    { "replay", replayed } };

enum status
accept_live(struct db *db, const struct task *task, const json_t *result,
    int64_t now_ms, struct err *err)
{
    struct stage s = { db, task, view_document(task->payload), result, now_ms };
    const char *role = json_get_string(s.payload, "role", "");
    enum status st = ST_OK; /* the server itself wrote the role */

    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (strcmp(role, roles[i].role) == 0)
            st = roles[i].ended(&s, err);
    json_decref(s.payload);
    return st;
}
