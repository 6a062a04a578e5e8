/* SPDX-License-Identifier: MIT */
/* What agents call: sessions, leases, heartbeats, parts, results. */
#include "unit/server/call.h"

#include <stdio.h>

#include "base/hash.h"
#include "db/blob.h"
#include "db/dataset.h"
#include "db/device.h"
#include "db/queue.h"

#define WORKER "{\"version\":\"0.1.0\",\"kinds\":[\"dataset\"]}"
#define BOARD(name)                                                            \
    "{\"name\":\"" name "\",\"env\":{},\"env_fingerprint\":"                   \
    "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}"
#define DONE                                                                   \
    "{\"status\":\"done\",\"result\":{\"n\":5,\"shape\":[1],\"dtype\":\"u1\"}" \
    "}"

enum { TTL_MS = 30000 };

/* Open a session of `agent`; its calls begin with "/v1/sessions/ID". */
static void
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

/* Put a task to check a data set into the queue. */
static int64_t
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

static struct task
get_task(struct service *s, int64_t id)
{
    struct task t;

    assert_int_equal(db_task_get(s->db, id, &t, NULL), ST_OK);
    return t;
}

/* The task is in this state after so many counted attempts. */
static void
expect_task(
    struct service *s, int64_t id, enum task_state state, int64_t attempt)
{
    struct task t = get_task(s, id);

    assert_int_equal(t.state, state);
    assert_int_equal(t.attempt, attempt);
    task_clear(&t);
}

struct held {
    int64_t lease, epoch;
};

/* Lease a task that is there. */
static struct held
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

/* A call about a lease; the answer's code ("" where it has none). */
static int
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

static void
expect(struct service *s, struct held h, const char *method, const char *what,
    const char *body, int status, const char *code)
{
    char got[48];

    assert_int_equal(about(s, h, method, what, body, got), status);
    assert_string_equal(got, code);
}

static void
a_session_is_opened_only_as_told(void **state)
{
    static const struct {
        const char *body;
        int status;
        const char *code;
    } bad[] = {
        { "{}", 400, "request.field" },
        { "{\"version\":\"0.1.0\"}", 400, "request.field" },
        { "{\"version\":\"new\",\"kinds\":[]}", 400, "request.field" },
        { "{\"version\":\"0.0.9\",\"kinds\":[]}", 409, "agent.version" },
        { "{\"version\":\"1.0.0\",\"kinds\":[]}", 409, "agent.version" },
        { "{\"version\":\"0.1.0\",\"kinds\":[\"cook\"]}", 400,
            "request.field" },
        { "{\"version\":\"0.1.0\",\"kinds\":[1]}", 400, "request.field" },
        { "{\"version\":\"0.1.0\",\"kinds\":[],\"devices\":[{}]}", 400,
            "request.field" },
        { "{\"version\":\"0.1.0\",\"kinds\":[],"
          "\"devices\":[" BOARD("a b") "]}",
            400, "request.field" },
        { "{\"version\":\"0.1.0\",\"kinds\":[],"
          "\"devices\":[{\"name\":\"a\"}]}",
            400, "request.field" },
        { "{\"version\":\"0.1.0\",\"kinds\":[],\"spare\":1}", 400,
            "request.field" },
    };
    char session[128];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        call_fails(*state, bad[i].status, bad[i].code, "POST",
            "/v1/agents/w/sessions", bad[i].body);
    call_fails(
        *state, 400, "request.id", "POST", "/v1/agents/a b/sessions", WORKER);
    open_session(*state, "w", WORKER, session, sizeof(session));
}

static void
a_new_session_ends_the_old_one(void **state)
{
    char old[128], url[160];
    char session[128];

    open_session(*state, "w", WORKER, old, sizeof(old));
    open_session(*state, "w", WORKER, session, sizeof(session));
    assert_string_not_equal(old, session);
    snprintf(url, sizeof(url), "%s/lease", old);
    call_fails(*state, 410, "session.void", "POST", url, "{\"free\":1}");
    snprintf(url, sizeof(url), "%s/heartbeat", old);
    call_fails(*state, 410, "session.void", "POST", url, "{\"leases\":[]}");
    call_fails(*state, 404, "session.not_found", "POST",
        "/v1/sessions/nobody/lease", "{\"free\":1}");
}

static void
a_device_belongs_to_one_live_agent(void **state)
{
    static const char probe[] =
        "{\"version\":\"0.1.0\",\"kinds\":[\"profile\"],\"devices\":"
        "[" BOARD("board") "]}";
    struct service *s = *state;
    char session[128], other[128];

    open_session(s, "p1", probe, session, sizeof(session));
    call_fails(
        s, 409, "agent.device_taken", "POST", "/v1/agents/p2/sessions", probe);
    json_decref(call(s, 200, "DELETE", session, NULL));
    open_session(s, "p2", probe, other, sizeof(other));
}

static void
a_lease_has_every_member(void **state)
{
    struct service *s = *state;
    int64_t task = add_task(s);
    char session[128], url[160];
    json_t *o;

    open_session(s, "w", WORKER, session, sizeof(session));
    snprintf(url, sizeof(url), "%s/lease", session);
    o = call(s, 200, "POST", url, "{\"free\":1}");
    assert_int_equal(json_integer_value(json_object_get(o, "task")), task);
    assert_int_equal(json_integer_value(json_object_get(o, "attempt")), 1);
    assert_string_equal(
        json_string_value(json_object_get(o, "kind")), "dataset");
    assert_true(json_is_null(json_object_get(o, "job")));
    assert_true(json_is_null(json_object_get(o, "device")));
    assert_true(json_number_value(json_object_get(o, "ttl_s")) == 30);
    assert_true(json_number_value(json_object_get(o, "deadline_s")) ==
                DB_TASK_DEADLINE_S);
    assert_int_equal(json_array_size(json_object_get(o, "blobs")), 0);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(o, "payload"), "inputs")),
        "x");
    assert_int_equal(json_object_size(o), 11);
    json_decref(o);
    call_fails(s, 400, "request.field", "POST", url, "{\"free\":0}");
    call_fails(
        s, 400, "request.field", "POST", url, "{\"free\":1,\"devices\":[1]}");
}

static void
without_work_the_call_waits_and_then_says_so(void **state)
{
    struct service *s = *state;
    char session[128], url[160];
    struct ask ask = { .method = "POST", .body = "{\"free\":1}", .url = url };
    struct answer a;

    open_session(s, "w", WORKER, session, sizeof(session));
    snprintf(url, sizeof(url), "%s/lease?wait=50", session);
    ask.waits = true;
    a = call_ask(s, &ask);
    assert_int_equal(a.status, 0);
    answer_clear(&a);
    ask.waits = false; /* its time is over */
    a = call_ask(s, &ask);
    assert_int_equal(a.status, 204);
    assert_int_equal(a.reply.len, 0);
    answer_clear(&a);
    snprintf(url, sizeof(url), "%s/lease", session);
    ask.waits = true; /* but it does not ask to wait */
    a = call_ask(s, &ask);
    assert_int_equal(a.status, 204);
    answer_clear(&a);
    add_task(s);
    a = call_ask(s, &ask);
    assert_int_equal(a.status, 200);
    answer_clear(&a);
}

static void
a_result_is_accepted_once(void **state)
{
    struct service *s = *state;
    int64_t task = add_task(s);
    struct dataset d = { 0 };
    char session[128];
    struct held h, wrong;
    struct task t;

    open_session(s, "w", WORKER, session, sizeof(session));
    wrong = h = take(s, session);
    wrong.epoch++;
    expect(s, wrong, "PUT", "/result", DONE, 409, "lease.epoch");
    wrong.epoch = 0;
    expect(s, wrong, "PUT", "/result", DONE, 400, "request.header");
    wrong = h;
    wrong.lease += 100;
    expect(s, wrong, "PUT", "/result", DONE, 404, "lease.not_found");
    expect(s, h, "PUT", "/result", NULL, 400, "request.json");
    expect(s, h, "PUT", "/result", "{\"status\":\"so\"}", 400, "request.field");
    expect(s, h, "PUT", "/result", DONE, 201, "");
    expect(s, h, "PUT", "/result", DONE, 200, "");
    expect(s, h, "PUT", "/result", "{\"status\":\"done\",\"result\":{}}", 409,
        "lease.answered");
    t = get_task(s, task);
    assert_int_equal(t.state, TASK_DONE);
    assert_int_equal(db_dataset_get(s->db, t.dataset, &d, NULL), ST_OK);
    assert_int_equal(d.state, ITEM_READY);
    dataset_clear(&d);
    task_clear(&t);
}

static void
a_failure_says_why(void **state)
{
    static const char failed[] =
        "{\"status\":\"failed\",\"class\":\"user\",\"code\":\"data.shape\","
        "\"detail\":\"images of 3 axes\",\"nodes\":[\"a\"]}";
    struct service *s = *state;
    int64_t task = add_task(s);
    char session[128];
    struct held h;
    struct task t;

    open_session(s, "w", WORKER, session, sizeof(session));
    h = take(s, session);
    expect(s, h, "PUT", "/result",
        "{\"status\":\"failed\",\"class\":\"none\",\"code\":\"x\"}", 400,
        "request.field");
    expect(s, h, "PUT", "/result", "{\"status\":\"failed\",\"code\":\"x\"}",
        400, "request.field");
    expect(s, h, "PUT", "/result", failed, 201, "");
    expect(s, h, "PUT", "/result", failed, 200, "");
    t = get_task(s, task);
    assert_int_equal(t.state, TASK_FAILED);
    assert_int_equal(t.error_class, FAIL_USER);
    assert_string_equal(t.error_code, "data.shape");
    assert_string_equal(t.error_nodes, "[\"a\"]");
    task_clear(&t);
}

static void
a_result_that_is_not_one_fails_the_attempt(void **state)
{
    static const char bad[] =
        "{\"status\":\"done\",\"result\":{\"n\":0,\"shape\":[1],"
        "\"dtype\":\"u1\"}}";
    struct service *s = *state;
    int64_t task = add_task(s);
    char session[128];
    struct task t;

    open_session(s, "w", WORKER, session, sizeof(session));
    for (int attempt = 1; attempt <= 3; attempt++) {
        expect(
            s, take(s, session), "PUT", "/result", bad, 400, "request.field");
        expect_task(s, task, attempt < 3 ? TASK_QUEUED : TASK_FAILED, attempt);
        s->now_ms += 60000;
        open_session(s, "w", WORKER, session, sizeof(session));
    }
    t = get_task(s, task);
    assert_int_equal(t.error_class, FAIL_INFRA);
    assert_string_equal(t.error_code, "infra.bad_result");
    assert_non_null(strstr(t.error_detail, "n must be"));
    task_clear(&t);
}

static void
a_late_result_is_refused(void **state)
{
    struct service *s = *state;
    int64_t task = add_task(s);
    char session[128];
    struct held h;

    open_session(s, "w", WORKER, session, sizeof(session));
    h = take(s, session);
    s->now_ms += TTL_MS + 1;
    expect(s, h, "PUT", "/result", DONE, 410, "lease.expired");
    expect(s, h, "PUT", "/parts/0", "{}", 410, "lease.expired");
    assert_int_equal(db_queue_sweep(s->db, s->now_ms, NULL, NULL), ST_OK);
    expect_task(s, task, TASK_QUEUED, 1);
}

static void
a_part_is_kept_once(void **state)
{
    char session[128];
    struct held h;

    add_task(*state);
    open_session(*state, "w", WORKER, session, sizeof(session));
    h = take(*state, session);
    expect(*state, h, "PUT", "/parts/0", "{\"a\":1}", 201, "");
    expect(*state, h, "PUT", "/parts/0", "{\"a\":1}", 200, "");
    expect(*state, h, "PUT", "/parts/0", "{\"a\":2}", 409, "lease.answered");
    expect(*state, h, "PUT", "/parts/1", "{\"a\":2}", 201, "");
    expect(*state, h, "PUT", "/parts/-1", "{}", 400, "request.id");
    expect(*state, h, "PUT", "/parts/x", "{}", 400, "request.id");
    expect(*state, h, "PUT", "/parts/2", NULL, 400, "request.json");
}

static void
work_given_back_does_not_count(void **state)
{
    struct service *s = *state;
    int64_t task = add_task(s);
    char session[128];
    struct held h;

    open_session(s, "w", WORKER, session, sizeof(session));
    h = take(s, session);
    expect(s, h, "POST", ":release", NULL, 200, "");
    expect_task(s, task, TASK_QUEUED, 0);
    expect(s, h, "POST", ":release", NULL, 410, "lease.expired");
    take(s, session);
    json_decref(call(s, 200, "DELETE", session, NULL));
    json_decref(call(s, 200, "DELETE", session, NULL));
    expect_task(s, task, TASK_QUEUED, 0);
}

/* Beat once; how many leases go on and how many are to end. */
static bool
beat(struct service *s, const char *session, const char *body, size_t extend,
    size_t cancel)
{
    char url[160];
    json_t *o;
    bool drain;

    snprintf(url, sizeof(url), "%s/heartbeat", session);
    o = call(s, 200, "POST", url, body);
    assert_int_equal(json_array_size(json_object_get(o, "extend")), extend);
    assert_int_equal(json_array_size(json_object_get(o, "cancel")), cancel);
    assert_true(json_number_value(json_object_get(o, "next_s")) == 10);
    drain = json_is_true(json_object_get(o, "drain"));
    json_decref(o);
    return drain;
}

static void
heartbeats_keep_a_lease(void **state)
{
    struct service *s = *state;
    int64_t task = add_task(s);
    char session[128], body[256], url[160];
    struct held h;
    struct task t;

    open_session(s, "w", WORKER, session, sizeof(session));
    h = take(s, session);
    snprintf(body, sizeof(body),
        "{\"leases\":[{\"lease\":%lld,\"phase\":\"read\",\"done\":3,"
        "\"total\":9,\"detail\":\"x\"}]}",
        (long long)h.lease);
    for (int i = 0; i < 5; i++) {
        s->now_ms += TTL_MS - 1;
        assert_false(beat(s, session, body, 1, 0));
    }
    t = get_task(s, task);
    assert_int_equal(t.done, 3);
    assert_int_equal(t.total, 9);
    assert_string_equal(t.phase, "read");
    task_clear(&t);
    assert_int_equal(db_task_cancel(s->db, task, s->now_ms, NULL), ST_OK);
    assert_false(beat(s, session, body, 0, 1));
    snprintf(url, sizeof(url), "%s/heartbeat", session);
    call_fails(s, 400, "request.field", "POST", url, "{}");
    call_fails(
        s, 400, "request.field", "POST", url, "{\"leases\":[{\"phase\":1}]}");
}

static void
an_agent_without_active_devices_is_told_to_drain(void **state)
{
    static const char probe[] =
        "{\"version\":\"0.1.0\",\"kinds\":[\"profile\"],\"devices\":"
        "[" BOARD("one") "," BOARD("two") "]}";
    struct service *s = *state;
    char session[128];

    open_session(s, "p", probe, session, sizeof(session));
    assert_false(beat(s, session, "{\"leases\":[]}", 0, 0));
    assert_int_equal(
        db_device_set_mode(s->db, "one", DEVICE_DRAINING, NULL), ST_OK);
    assert_false(beat(s, session, "{\"leases\":[]}", 0, 0));
    assert_int_equal(
        db_device_set_mode(s->db, "two", DEVICE_RETIRED, NULL), ST_OK);
    assert_true(beat(s, session, "{\"leases\":[]}", 0, 0));
}

static void
a_payload_that_cannot_be_made_does_not_stop_the_queue(void **state)
{
    struct service *s = *state;
    const struct task_offer broken = { .kind = TASK_DATASET,
        .priority = 1,
        .payload = "{not json",
        .now_ms = s->now_ms };
    char session[128], url[160];
    int64_t bad, good;

    assert_int_equal(db_task_add(s->db, &broken, &bad, NULL), ST_OK);
    good = add_task(s);
    open_session(s, "w", WORKER, session, sizeof(session));
    snprintf(url, sizeof(url), "%s/lease", session);
    for (int i = 0; i < 3; i++)
        json_decref(call(s, 500, "POST", url, "{\"free\":1}"));
    expect_task(s, bad, TASK_FAILED, 3);
    take(s, session);
    expect_task(s, good, TASK_LEASED, 1);
}

int
main(void)
{
#define TEST(f)                                                                \
    cmocka_unit_test_setup_teardown(f, service_setup, service_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_session_is_opened_only_as_told),
        TEST(a_new_session_ends_the_old_one),
        TEST(a_device_belongs_to_one_live_agent),
        TEST(a_lease_has_every_member),
        TEST(without_work_the_call_waits_and_then_says_so),
        TEST(a_result_is_accepted_once),
        TEST(a_failure_says_why),
        TEST(a_result_that_is_not_one_fails_the_attempt),
        TEST(a_late_result_is_refused),
        TEST(a_part_is_kept_once),
        TEST(work_given_back_does_not_count),
        TEST(heartbeats_keep_a_lease),
        TEST(an_agent_without_active_devices_is_told_to_drain),
        TEST(a_payload_that_cannot_be_made_does_not_stop_the_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
