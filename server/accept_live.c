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
#include "server/view.h"

enum {
    DEVICES_MAX = 256,
    POLICIES_MAX = 32,
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

static enum status
add_run(const struct stage *s, json_t *blobs, struct err *err)
{
    const json_t *next = json_object_get(s->payload, "next");
    const json_t *devices = json_object_get(next, "devices");
    const double budget_s = json_get_number(next, "budget_s");
    const char *names[DEVICES_MAX];
    size_t n = json_array_size(devices);
    int64_t id;

    n = n < DEVICES_MAX ? n : DEVICES_MAX;
    for (size_t i = 0; i < n; i++)
        names[i] = json_string_value(json_array_get(devices, i));
    return input_task_add(s->db,
        &(struct task_offer){ .kind = TASK_LIVE,
            .owner = s->task->owner,
            .priority = s->task->priority,
            .flow = s->task->flow,
            .selector = json_get_string(next, "selector", NULL),
            .devices = names,
            .n_devices = n,
            .deadline_s = (int64_t)(4 * budget_s) + DEADLINE_REST_S,
            .now_ms = s->now_ms },
        json_pack("{s:s,s:O,s:O,s:O,s:O,s:O,s:O,s:O,s:f,s:O,s:O}", "role",
            "run", "exits", json_object_get(next, "exits"), "rows",
            json_object_get(s->result, "rows"), "policies",
            json_object_get(s->result, "policies"), "setting",
            json_object_get(s->result, "setting"), "cost",
            json_object_get(s->result, "cost"), "earn",
            json_object_get(s->result, "earn"), "timed",
            json_object_get(s->result, "timed"), "budget_s", budget_s, "costs",
            json_object_get(s->payload, "costs"), "problem",
            json_object_get(s->payload, "problem")),
        blobs, &id, err);
}

static enum status
prepared(const struct stage *s, struct err *err)
{
    static const char *const parts[] = { "segment", "head", NULL };
    static const char *const in_rows[] = { "inputs", "labels", NULL };
    json_t *rows = NULL, *cost = NULL, *earn = NULL, *setting = NULL;
    json_t *policies = NULL, *blobs = json_array();
    bool timed;
    const struct json_field fields[] = {
        { "rows", JF_OBJ, true, &rows, 0, 0 },
        { "policies", JF_ARR, true, &policies, 0, 0 },
        { "setting", JF_OBJ, true, &setting, 0, 0 },
        { "cost", JF_OBJ, true, &cost, 0, 0 },
        { "earn", JF_OBJ, true, &earn, 0, 0 },
        { "timed", JF_BOOL, true, &timed, 0, 0 },
    };
    enum status st = blobs != NULL ? ST_OK : err_nomem(err);

    if (st == ST_OK &&
        (st = accept_schema(
             s->result, "result", "offramp.live_order/1", err)) == ST_OK &&
        (st = JSON_PICK(s->result, "result", fields, err)) == ST_OK &&
        (st = collect(s->db, rows, in_rows, blobs, err)) == ST_OK &&
        (st = collect_each(s->db,
             json_object_get(json_object_get(s->payload, "next"), "exits"),
             parts, blobs, err)) == ST_OK)
        return add_run(s, blobs, err); /* steals them */
    json_decref(blobs);
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

/* ---- all of them ---- */

static const struct {
    const char *role;
    enum status (*ended)(const struct stage *s, struct err *err);
} roles[] = { { "prepare", prepared }, { "run", ran }, { "replay", replayed } };

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
