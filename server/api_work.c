/* SPDX-License-Identifier: MIT */
/* Agents: asking for work, and heartbeats while they are at it. */
#include "server/api.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "db/device.h"
#include "db/queue.h"
#include "server/accept.h"
#include "server/api_agent.h"
#include "server/golden.h"
#include "server/server.h"

enum { DEVICES_MAX = AGENT_DEVICES_MAX, BEATS_MAX = 256 };

static enum status
read_names(const json_t *names, const char **out, struct err *err)
{
    const json_t *v;
    size_t i;

    if (json_array_size(names) > DEVICES_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "devices: at most %d for one agent", DEVICES_MAX);
    json_array_foreach(names, i, v)
    {
        if ((out[i] = json_string_value(v)) == NULL)
            return err_set(err, ST_INVALID, "request.field",
                "devices[%zu] must be a name", i);
    }
    return ST_OK;
}

/* The task's payload as it is sent: completed by its kind's hook. */
static enum status
make_payload(const struct request *rq, const struct task *t,
    const struct lease *l, json_t **out, struct err *err)
{
    payload_fn *complete = accept_kinds[t->kind].payload;
    enum status st = json_parse(t->payload, strlen(t->payload), out, NULL);

    if (st == ST_NOMEM)
        return err_nomem(err);
    if (st != ST_OK)
        return err_set(err, ST_CORRUPT, NULL,
            "the payload of task %lld is not JSON", (long long)t->id);
    if (complete == NULL)
        return ST_OK;
    return complete(rq->db,
        &(struct payload_ask){ .task = t,
            .device = l->device,
            .audit_rate = server_config(rq->server)->audit_rate,
            .now_ms = rq->now_ms },
        *out, err);
}

/* A new reference, or NULL; `payload` is stolen.  The deadline is the agent's:
 * the lease itself may go on for one more ttl, to report a task that hung. */
static json_t *
lease_json(const struct request *rq, const struct task *t,
    const struct lease *l, json_t *payload)
{
    json_t *blobs = t->blobs ? json_loads(t->blobs, 0, NULL) : json_array();

    return json_pack("{s:I, s:I, s:I, s:s, s:o, s:I, s:s?, s:f, s:f, s:o, s:o}",
        "lease", (json_int_t)l->id, "epoch", (json_int_t)l->epoch, "task",
        (json_int_t)t->id, "kind", task_kind_words[t->kind], "job",
        t->job ? json_integer(t->job) : json_null(), "attempt",
        (json_int_t)l->attempt, "device", l->device, "ttl_s",
        (double)server_config(rq->server)->lease_ttl_ms / 1000, "deadline_s",
        (double)(t->deadline_s * t->budget_scale), "blobs", blobs, "payload",
        payload);
}

/* A task whose payload cannot be made must not stop the queue: its attempt
 * fails, and after a few it stays failed. */
static enum status
refuse_task(struct request *rq, const struct lease *l, enum status st)
{
    static const char body[] = "the server could not make the payload";
    const struct lease_answer a = { l->id, l->epoch, body, sizeof(body) - 1,
        rq->now_ms };
    const struct failure why = {
        .class = FAIL_INFRA, .code = "infra.payload", .detail = rq->err.text
    };
    struct err more = { 0 };
    bool replay;

    if (db_lease_fail(rq->db, &a, &why, &replay, NULL, &more) != ST_OK)
        log_error("task %lld: %s", (long long)l->task, more.text);
    server_ring(rq->server);
    return st;
}

/* POST /v1/sessions/{sid}/lease */
enum status
api_work_lease(struct request *rq, struct reply *rp)
{
    const char *names[DEVICES_MAX];
    struct lease_want want = { .session = rq->arg[0],
        .devices = names,
        .ttl_ms = server_config(rq->server)->lease_ttl_ms,
        .now_ms = rq->now_ms };
    int64_t free_slots = 1;
    json_t *devices = NULL, *payload = NULL;
    const struct json_field fields[] = {
        { "free", JF_INT, true, &free_slots, 1, 1024 },
        { "devices", JF_ARR, false, &devices, 0, 0 },
    };
    struct lease lease = { 0 };
    struct task task = { 0 };
    enum status st;

    if ((st = JSON_READ(rq->json, "", fields, &rq->err)) != ST_OK ||
        (st = read_names(devices, names, &rq->err)) != ST_OK ||
        (st = agent_session_kinds(rq, &rq->ask.kinds)) != ST_OK)
        return st;
    rq->for_work = true;
    rq->ask.devices = devices;
    want.n_devices = json_array_size(devices);
    if ((st = golden_schedule(rq->db, want.session, names, want.n_devices,
             rq->now_ms, &rq->err)) != ST_OK)
        return st;
    st = db_lease_take(rq->db, &want, &lease, &task, &rq->err);
    if (st == ST_OK) {
        st = make_payload(rq, &task, &lease, &payload, &rq->err);
        if (st == ST_OK)
            st = reply_json(
                rp, 200, lease_json(rq, &task, &lease, json_incref(payload)));
        if (st == ST_OK)
            server_ring_watchers(rq->server);
        else
            st = refuse_task(rq, &lease, st);
    }
    json_decref(payload);
    lease_clear(&lease);
    task_clear(&task);
    return st;
}

static enum status
read_beat(const json_t *o, size_t i, struct lease_beat *b, struct err *err)
{
    const struct json_field fields[] = {
        { "lease", JF_INT, true, &b->lease, 0, 0 },
        { "phase", JF_STR, false, &b->phase, 0, 64 },
        { "done", JF_INT, false, &b->done, 0, 0 },
        { "total", JF_INT, false, &b->total, 0, 0 },
        { "detail", JF_STR, false, &b->detail, 0, 512 },
    };
    char path[32];

    snprintf(path, sizeof(path), "leases[%zu]", i);
    return JSON_READ(o, path, fields, err);
}

struct drain {
    const char *session;
    int devices, active;
};

static enum status
count_device(const struct device *d, void *ctx)
{
    struct drain *c = ctx;

    if (d->session == NULL || strcmp(d->session, c->session) != 0)
        return ST_OK;
    c->devices++;
    c->active += d->mode == DEVICE_ACTIVE;
    return ST_OK;
}

static json_t *
beats_json(const struct request *rq, const struct lease_beat *beats, size_t n,
    bool drain)
{
    json_t *extend = json_array(), *cancel = json_array(),
           *finish = json_array();

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(
            beats[i].keep ? extend : cancel, json_integer(beats[i].lease));
        if (beats[i].finish)
            json_array_append_new(finish, json_integer(beats[i].lease));
    }
    return json_pack("{s:o, s:o, s:o, s:b, s:f}", "extend", extend, "cancel",
        cancel, "finish", finish, "drain", drain, "next_s",
        (double)server_config(rq->server)->heartbeat_ms / 1000);
}

/* POST /v1/sessions/{sid}/heartbeat */
enum status
api_work_heartbeat(struct request *rq, struct reply *rp)
{
    struct lease_beat beats[BEATS_MAX] = { 0 };
    struct drain drain = { .session = rq->arg[0] };
    json_t *leases = NULL;
    const struct json_field fields[] = {
        { "leases", JF_ARR, true, &leases, 0, 0 },
    };
    size_t n;
    enum status st;

    if ((st = JSON_READ(rq->json, "", fields, &rq->err)) != ST_OK)
        return st;
    if ((n = json_array_size(leases)) > BEATS_MAX)
        return err_set(&rq->err, ST_INVALID, "request.field",
            "leases: at most %d at once", BEATS_MAX);
    for (size_t i = 0; i < n; i++)
        if ((st = read_beat(
                 json_array_get(leases, i), i, &beats[i], &rq->err)) != ST_OK)
            return st;
    if ((st = agent_session_check(rq)) != ST_OK ||
        (st = db_lease_extend(rq->db, rq->arg[0], beats, n,
             server_config(rq->server)->lease_ttl_ms, rq->now_ms, &rq->err)) !=
            ST_OK ||
        (st = db_device_list(
             rq->db, rq->now_ms, count_device, &drain, &rq->err)) != ST_OK)
        return st;
    if (n > 0) /* progress: somebody may be watching */
        server_ring_watchers(rq->server);
    return reply_json(rp, 200,
        beats_json(rq, beats, n, drain.devices > 0 && drain.active == 0));
}
