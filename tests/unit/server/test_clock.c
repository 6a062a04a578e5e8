/* SPDX-License-Identifier: MIT */
/* The system's clock is set while work is going on. */
#include "unit/server/agent_calls.h"

/* The least step there is goes back: time that passes meanwhile adds to it. */
static const int64_t steps_ms[] = { INT64_C(365) * 86400 * 1000, 3600 * 1000,
    -SERVER_STEP_MS, -3600 * 1000 };

static void
step(struct service *s, int64_t by_ms)
{
    int64_t took, before_ms = server_now_ms(s->server);

    assert_int_equal(
        server_follow_clock(s->server, s->db, before_ms + by_ms, &took, NULL),
        ST_OK);
    s->now_ms = server_now_ms(s->server);
    /* All but what passed since the clock was read. */
    assert_in_range(by_ms - took, 0, s->now_ms - before_ms - took);
}

static int64_t
swept(struct service *s, int64_t after_ms)
{
    int64_t n = -1;

    assert_int_equal(
        db_queue_sweep(s->db, s->now_ms + after_ms, &n, NULL), ST_OK);
    return n;
}

/* Whichever way the clock is set, a lease lives exactly as long as it would
 * have: it can be kept and answered, and without a heartbeat it ends. */
static void
leases_live_as_long_as_they_would_have(void **state)
{
    struct service *s = *state;

    for (size_t i = 0; i < sizeof(steps_ms) / sizeof(*steps_ms); i++) {
        char session[128];
        struct held h, late;
        int64_t kept, lost;

        s->now_ms = server_now_ms(s->server);
        kept = add_task(s);
        open_session(s, "w", WORKER, session, sizeof(session));
        h = take(s, session);
        step(s, steps_ms[i]);
        assert_int_equal(swept(s, 0), 0);
        expect(s, h, "PUT", "/result", DONE, 201, "");
        expect_task(s, kept, TASK_DONE, 1);

        lost = add_task(s);
        late = take(s, session);
        (void)late;
        step(s, steps_ms[i]);
        assert_int_equal(swept(s, TTL_MS / 2), 0);
        assert_int_equal(swept(s, TTL_MS + 1000), 1);
        expect_task(s, lost, TASK_QUEUED, 1);
        s->now_ms += TTL_MS + 2000;
        h = take(s, session);
        expect(s, h, "PUT", "/result", DONE, 201, "");
    }
}

/* Drift is followed without a word, and time does not stand still. */
static void
small_differences_are_drift(void **state)
{
    struct service *s = *state;
    int64_t step_ms, before = server_now_ms(s->server);

    assert_int_equal(
        server_follow_clock(s->server, s->db, before + 900, &step_ms, NULL),
        ST_OK);
    assert_int_equal(step_ms, 0);
    assert_true(server_now_ms(s->server) >= before + 900);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(leases_live_as_long_as_they_would_have,
            service_setup, service_teardown),
        cmocka_unit_test_setup_teardown(
            small_differences_are_drift, service_setup, service_teardown),
    };

    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
