/* SPDX-License-Identifier: MIT */
/* What agents call about a lease: results, parts, giving back. */
#include "unit/server/agent_calls.h"

#include <stdio.h>

#include "db/dataset.h"

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

int
main(void)
{
#define TEST(f)                                                                \
    cmocka_unit_test_setup_teardown(f, service_setup, service_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_result_is_accepted_once),
        TEST(a_failure_says_why),
        TEST(a_result_that_is_not_one_fails_the_attempt),
        TEST(a_late_result_is_refused),
        TEST(a_part_is_kept_once),
        TEST(work_given_back_does_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
