/* SPDX-License-Identifier: MIT */
#include "unit/server/agent_calls.h"

#include <stdio.h>

#include "base/hash.h"
#include "db/blob.h"
#include "db/dataset.h"

void
open_session(struct service *s, const char *agent, const char *body, char *path,
    size_t cap)
{
    char url[128];
    json_t *o;

    snprintf(url, sizeof(url), "/v1/agents/%s/sessions", agent);
    o = call(s, 201, "POST", url, body);
    assert_true(json_number_value(json_object_get(o, "heartbeat_s")) == 10);
    assert_true(json_number_value(json_object_get(o, "lease_ttl_s")) == 30);
    assert_true(json_number_value(json_object_get(o, "poll_s")) == 50);
    snprintf(path, cap, "/v1/sessions/%s",
        json_string_value(json_object_get(o, "session")));
    json_decref(o);
}

int64_t
add_task(struct service *s)
{
    struct task_offer o = { .kind = TASK_DATASET,
        .payload = "{\"inputs\":\"x\"}",
        .blobs = "[]",
        .now_ms = s->now_ms };
    struct dataset d = { .name = (char *)"d", .created_ms = s->now_ms };
    char blob[HASH_HEX];
    int64_t id;

    assert_int_equal(db_blob_put(s->db, "x", 1, s->now_ms, blob, NULL), ST_OK);
    d.inputs = blob;
    assert_int_equal(db_dataset_add(s->db, &d, &o.dataset, NULL), ST_OK);
    assert_int_equal(db_task_add(s->db, &o, &id, NULL), ST_OK);
    return id;
}

struct task
get_task(struct service *s, int64_t id)
{
    struct task t;

    assert_int_equal(db_task_get(s->db, id, &t, NULL), ST_OK);
    return t;
}

void
expect_task(
    struct service *s, int64_t id, enum task_state state, int64_t attempt)
{
    struct task t = get_task(s, id);

    assert_int_equal(t.state, state);
    assert_int_equal(t.attempt, attempt);
    task_clear(&t);
}

struct held
take(struct service *s, const char *session)
{
    struct held h;
    char url[160];
    json_t *o;

    snprintf(url, sizeof(url), "%s/lease", session);
    o = call(s, 200, "POST", url, "{\"free\":1}");
    h.lease = json_integer_value(json_object_get(o, "lease"));
    h.epoch = json_integer_value(json_object_get(o, "epoch"));
    json_decref(o);
    return h;
}

int
about(struct service *s, struct held h, const char *method, const char *what,
    const char *body, char code[48])
{
    char url[96], epoch[32];
    struct answer a;
    const char *text;
    int status;

    snprintf(url, sizeof(url), "/v1/leases/%lld%s", (long long)h.lease, what);
    snprintf(epoch, sizeof(epoch), "%lld", (long long)h.epoch);
    a = call_ask(
        s, &(struct ask){ .method = method,
               .url = url,
               .body = body,
               .headers = { { h.epoch ? "Lease-Epoch" : NULL, epoch } } });
    text = json_string_value(json_object_get(a.json, "code"));
    snprintf(code, 48, "%s", text ? text : "");
    status = a.status;
    answer_clear(&a);
    return status;
}

void
expect(struct service *s, struct held h, const char *method, const char *what,
    const char *body, int status, const char *code)
{
    char got[48];

    assert_int_equal(about(s, h, method, what, body, got), status);
    assert_string_equal(got, code);
}
