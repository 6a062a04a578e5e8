/* SPDX-License-Identifier: MIT */
/* What agents call: sessions, asking for work, heartbeats. */
#include "unit/server/agent_calls.h"

#include <stdio.h>

#include "db/device.h"

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
        TEST(heartbeats_keep_a_lease),
        TEST(an_agent_without_active_devices_is_told_to_drain),
        TEST(a_payload_that_cannot_be_made_does_not_stop_the_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
