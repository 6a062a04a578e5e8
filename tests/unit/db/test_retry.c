/* SPDX-License-Identifier: MIT */
/* What happens after failures: to tasks, devices and sessions. */
#include "db/dataset.h"
#include "db/flow.h"
#include "unit/db/store.h"

/* What becomes of a task after failures of one class, one after another. */
struct class_case {
    enum fail_class class;
    int tries;         /* attempts until it has failed */
    int64_t pause_ms;  /* before the next */
    int64_t scale_end; /* of the budget, at the last attempt */
};

static void
failures_are_retried_by_their_class(void **state)
{
    static const struct class_case cases[] = {
        { FAIL_INFRA, 3, 0, 1 },
        { FAIL_DEVICE, 2, DB_DEVICE_COOL_MS, 1 },
        { FAIL_MODEL, 1, 0, 1 },
        { FAIL_MEASURE, 2, 0, 2 },
        { FAIL_USER, 1, 0, 1 },
    };
    struct bench b = bench(state);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct class_case *c = &cases[i];
        int64_t task, job = store_job(b.s, "ann", 0, dev_a, 1, &task), now = T0;
        struct task t;

        for (int attempt = 1; attempt <= c->tries; attempt++) {
            if (attempt > 1 && c->pause_ms > 0) {
                assert_int_equal(
                    store_lease(b.db, b.a, "a", now, &b.l, &b.t), ST_WAIT);
                now += c->pause_ms;
            }
            assert_int_equal(
                store_lease(b.db, b.a, "a", now, &b.l, &b.t), ST_OK);
            assert_int_equal(b.t.attempt, attempt);
            if (attempt == c->tries)
                assert_int_equal(b.t.budget_scale, c->scale_end);
            assert_int_equal(
                b.l.deadline_ms - b.l.until_ms, 100 * 1000 * b.t.budget_scale);
            assert_int_equal(
                store_fail(b.db, &b.l, c->class, "why", now), ST_OK);
            drop(&b);
        }
        t = store_task(b.db, task);
        assert_int_equal(t.state, TASK_FAILED);
        assert_int_equal(t.error_class, c->class);
        assert_string_equal(t.error_code, "some.code");
        assert_string_equal(t.error_detail, "why");
        assert_int_equal(t.finished_ms, now);
        task_clear(&t);
        assert_int_equal(job_state(b.db, job, NULL), RUN_FAILED);
    }
}

/* Relay tasks of one flow, on devices a and b. */
static void
add_relays(struct bench *b, size_t n, int64_t task[2])
{
    static const char *const *const devices[] = { dev_a, dev_b };
    struct err err = { 0 };
    int64_t flow;

    OK(db_flow_add(b->db,
        &(struct flow){ .kind = FLOW_LINK,
            .owner = TEXT("ann"),
            .request = TEXT("{}"),
            .created_ms = T0 },
        &flow, &err));
    for (size_t i = 0; i < n; i++)
        OK(db_task_add(b->db,
            &(struct task_offer){ .kind = TASK_RELAY,
                .owner = "ann",
                .flow = flow,
                .devices = devices[i],
                .n_devices = 1,
                .payload = "{}",
                .blobs = "[]",
                .now_ms = T0 },
            &task[i], &err));
}

static void
a_board_alone_is_tried_again_and_one_of_a_chain_is_not(void **state)
{
    static const struct {
        size_t processors;
        enum fail_class class;
        enum task_state after;
    } cases[] = {
        { 1, FAIL_INFRA, TASK_QUEUED },
        { 1, FAIL_DEVICE, TASK_QUEUED },
        { 1, FAIL_MODEL, TASK_FAILED },
        { 2, FAIL_INFRA, TASK_FAILED },
        { 2, FAIL_DEVICE, TASK_FAILED },
    };
    struct bench b = bench(state);
    struct err err = { 0 };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t task[2] = { 0 };
        struct task t;

        add_relays(&b, cases[i].processors, task);
        assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
        assert_int_equal(b.t.id, task[0]);
        assert_int_equal(
            store_fail(b.db, &b.l, cases[i].class, "lost", T0), ST_OK);
        drop(&b);
        t = store_task(b.db, task[0]);
        assert_int_equal(t.state, cases[i].after);
        assert_int_equal(t.error_class, cases[i].class);
        task_clear(&t);
        OK(db_task_cancel(b.db, task[0], T0, &err));
        if (task[1] != 0)
            OK(db_task_cancel(b.db, task[1], T0, &err));
    }
}

static void
a_retry_goes_to_another_device_where_one_is_possible(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    int64_t task;

    store_job(b.s, "ann", 0, dev_ab, 2, &task);
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
    assert_int_equal(store_fail(b.db, &b.l, FAIL_INFRA, "usb", T0), ST_OK);
    drop(&b);
    /* b is there: a must leave it. */
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_WAIT);
    OK(db_device_set_mode(b.db, "b", DEVICE_DRAINING, &err));
    /* b takes nothing: a may try again. */
    assert_int_equal(store_lease(b.db, b.b, "b", T0, &b.l, &b.t), ST_WAIT);
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
    assert_int_equal(
        db_lease_release(b.db, b.l.id, b.l.epoch, T0, &err), ST_OK);
    drop(&b);
    OK(db_device_set_mode(b.db, "b", DEVICE_ACTIVE, &err));
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_WAIT);
    /* b has gone silent: a again. */
    OK(db_session_touch(b.db, b.a, TTL_MS, T0 + TTL_MS, &err));
    assert_int_equal(
        store_lease(b.db, b.a, "a", T0 + TTL_MS, &b.l, &b.t), ST_OK);
    assert_int_equal(b.t.attempt, 2);
    drop(&b);
}

static enum device_health
health_of(struct db *db, const char *name)
{
    struct device d;
    struct err err = { 0 };
    enum device_health health;

    OK(db_device_get(db, name, T0, &d, &err));
    health = d.health;
    device_clear(&d);
    return health;
}

static void
two_infra_failures_in_a_row_make_a_device_suspect(void **state)
{
    /* The health after each attempt's end. */
    static const struct {
        int class; /* FAIL_NONE: done; -1: the lease runs out */
        enum device_health want;
    } steps[] = {
        { FAIL_INFRA, DEVICE_GOOD },
        { FAIL_MODEL, DEVICE_GOOD }, /* it answered: the row is broken */
        { FAIL_INFRA, DEVICE_GOOD },
        { -1, DEVICE_SUSPECT },
        { FAIL_MODEL, DEVICE_SUSPECT },
        { FAIL_NONE, DEVICE_GOOD },
    };
    struct bench b = bench(state);
    struct err err = { 0 };
    int64_t task, n;

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        int64_t now = T0 + (int64_t)i * TTL_MS;

        OK(db_session_touch(b.db, b.a, TTL_MS, now, &err));
        store_job(b.s, "ann", (int64_t)i, dev_a, 1, &task);
        assert_int_equal(store_lease(b.db, b.a, "a", now, &b.l, &b.t), ST_OK);
        if (steps[i].class == FAIL_NONE)
            assert_int_equal(store_finish(b.db, &b.l, "{}", now, NULL), ST_OK);
        else if (steps[i].class < 0)
            OK(db_queue_sweep(b.db, now + TTL_MS, &n, &err));
        else
            assert_int_equal(store_fail(b.db, &b.l,
                                 (enum fail_class)steps[i].class, "x", now),
                ST_OK);
        drop(&b);
        assert_int_equal(health_of(b.db, "a"), steps[i].want);
    }
}

/* Give device a a task (0: a new one) and fail it by the infrastructure. */
static int64_t
fail_on_a(struct bench *b, int64_t task, int64_t now)
{
    if (task == 0)
        store_job(b->s, "ann", now - T0, dev_a, 1, &task);
    assert_int_equal(store_lease(b->db, b->a, "a", now, &b->l, &b->t), ST_OK);
    assert_int_equal(b->t.id, task);
    assert_int_equal(store_fail(b->db, &b->l, FAIL_INFRA, "x", now), ST_OK);
    drop(b);
    return task;
}

static void
a_suspect_device_is_bad_once_its_trial_fails_too(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    int64_t task;

    fail_on_a(&b, 0, T0 + 1);
    assert_int_equal(health_of(b.db, "a"), DEVICE_GOOD);
    fail_on_a(&b, 0, T0 + 2);
    assert_int_equal(health_of(b.db, "a"), DEVICE_SUSPECT);
    task = fail_on_a(&b, 0, T0 + 3);
    assert_int_equal(health_of(b.db, "a"), DEVICE_BAD);
    assert_int_equal(store_lease(b.db, b.a, "a", T0 + 4, &b.l, &b.t), ST_WAIT);
    /* A person looked at it: it starts anew. */
    OK(db_device_set_health(b.db, "a", DEVICE_GOOD, &err));
    fail_on_a(&b, task, T0 + 5);
    assert_int_equal(health_of(b.db, "a"), DEVICE_GOOD);
}

static void
one_task_alone_makes_no_device_bad(void **state)
{
    struct bench b = bench(state);
    int64_t task = fail_on_a(&b, 0, T0 + 1);

    fail_on_a(&b, task, T0 + 2);
    fail_on_a(&b, task, T0 + 3);
    assert_int_equal(state_of(b.db, task), TASK_FAILED);
    assert_int_equal(health_of(b.db, "a"), DEVICE_SUSPECT);
    store_job(b.s, "ann", 0, dev_a, 1, &task);
    assert_int_equal(store_lease(b.db, b.a, "a", T0 + 4, &b.l, &b.t), ST_OK);
    assert_int_equal(store_finish(b.db, &b.l, "{}", T0 + 4, NULL), ST_OK);
    drop(&b);
    assert_int_equal(health_of(b.db, "a"), DEVICE_GOOD);
}

static void
no_suspect_or_bad_device_works_where_a_good_one_can(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    int64_t task;

    store_job(b.s, "ann", 0, dev_ab, 2, &task);
    OK(db_device_set_health(b.db, "a", DEVICE_SUSPECT, &err));
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_WAIT);
    assert_int_equal(store_lease(b.db, b.b, "b", T0, &b.l, &b.t), ST_OK);
    drop(&b);
    /* A good one that is busy is still the better one. */
    store_job(b.s, "ann", 0, dev_ab, 2, &task);
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_WAIT);
    OK(db_device_set_health(b.db, "b", DEVICE_BAD, &err));
    assert_int_equal(store_lease(b.db, b.b, "b", T0, &b.l, &b.t), ST_WAIT);
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
    assert_int_equal(b.t.id, task);
    drop(&b);
}

static void
released_work_is_not_counted(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    int64_t task;

    store_job(b.s, "ann", 0, dev_a, 1, &task);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
        assert_int_equal(b.t.attempt, 1);
        OK(db_lease_release(b.db, b.l.id, b.l.epoch, T0, &err));
        assert_int_equal(
            db_lease_release(b.db, b.l.id, b.l.epoch, T0, &err), ST_GONE);
        drop(&b);
    }
    assert_int_equal(health_of(b.db, "a"), DEVICE_GOOD);
}

static void
a_new_session_voids_the_old_one_and_its_leases(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    int64_t task;
    char again[65];
    struct lease l;
    struct session s;

    store_job(b.s, "ann", 0, dev_a, 1, &task);
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
    store_session(b.db, "probe-a", dev_a, 1, T0 + 1, again);
    OK(db_session_get(b.db, again, &s, &err));
    assert_int_equal(s.epoch, 2);
    session_clear(&s);
    assert_int_equal(state_of(b.db, task), TASK_QUEUED);
    OK(db_lease_get(b.db, b.l.id, &l, &err));
    assert_int_equal(l.state, LEASE_VOID);
    lease_clear(&l);
    assert_int_equal(store_finish(b.db, &b.l, "{}", T0 + 2, NULL), ST_GONE);
    drop(&b);
    assert_int_equal(store_lease(b.db, b.a, "a", T0 + 2, &b.l, &b.t), ST_GONE);
    assert_int_equal(store_lease(b.db, again, "a", T0 + 2, &b.l, &b.t), ST_OK);
    assert_int_equal(b.t.attempt, 2);
    drop(&b);
    /* A clean end returns the work uncounted. */
    OK(db_session_close(b.db, again, T0 + 3, &err));
    OK(db_session_close(b.db, again, T0 + 3, &err));
    assert_int_equal(state_of(b.db, task), TASK_QUEUED);
    store_session(b.db, "probe-a", dev_a, 1, T0 + 4, again);
    assert_int_equal(store_lease(b.db, again, "a", T0 + 4, &b.l, &b.t), ST_OK);
    assert_int_equal(b.t.attempt, 2);
    drop(&b);
}

static void
a_device_moves_only_when_its_agent_is_silent(void **state)
{
    struct bench b = bench(state);
    struct device_offer offer = { "a", "{}", "{}", "env1" };
    struct session_offer o = { .agent = "thief",
        .version = "0.1.0",
        .labels = "{}",
        .kinds = 1,
        .devices = &offer,
        .n_devices = 1,
        .ttl_ms = TTL_MS,
        .now_ms = T0 + TTL_MS - 1 };
    struct session s = { 0 };
    struct err err = { 0 };

    assert_int_equal(db_session_open(b.db, &o, &s, &err), ST_CONFLICT);
    assert_string_equal(err.code, "agent.device_taken");
    o.now_ms = T0 + TTL_MS;
    OK(db_session_open(b.db, &o, &s, &err));
    session_clear(&s);
    err_clear(&err);
    assert_int_equal(
        db_session_touch(b.db, b.a, TTL_MS, T0 + TTL_MS + 1, &err), ST_GONE);
}

static void
a_session_lives_as_long_as_it_is_heard(void **state)
{
    /* Also where its time is shorter than the pace at which it is written. */
    enum { SHORT_MS = 400 };
    struct bench b = bench(state);
    struct err err = { 0 };
    struct device d;
    int64_t now = T0 + 2000;

    for (int i = 0; i < 5; i++, now += SHORT_MS / 2)
        OK(db_session_touch(b.db, b.a, SHORT_MS, now, &err));
    OK(db_device_get(b.db, "a", now, &d, &err));
    assert_true(d.online);
    device_clear(&d);
    OK(db_device_get(b.db, "a", now + SHORT_MS, &d, &err));
    assert_false(d.online);
    device_clear(&d);
}

static void
an_item_is_rejected_with_the_reason_of_its_task(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    struct dataset d = {
        .name = TEXT("d"), .inputs = b.s->model, .created_ms = T0
    };
    struct task_offer o = {
        .kind = TASK_DATASET, .payload = "{}", .now_ms = T0
    };
    struct dataset got;
    int64_t task;
    char w[65];

    store_session(b.db, "worker", NULL, 0, T0, w);
    OK(db_dataset_add(b.db, &d, &o.dataset, &err));
    OK(db_task_add(b.db, &o, &task, &err));
    assert_int_equal(store_lease(b.db, w, NULL, T0, &b.l, &b.t), ST_OK);
    assert_int_equal(
        store_fail(b.db, &b.l, FAIL_USER, "labels are u2", T0), ST_OK);
    OK(db_dataset_get(b.db, o.dataset, &got, &err));
    assert_int_equal(got.state, ITEM_REJECTED);
    assert_string_equal(got.error_code, "some.code");
    assert_string_equal(got.error_detail, "labels are u2");
    assert_null(got.error_nodes);
    assert_true(got.version > 1);
    dataset_clear(&got);
    drop(&b);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        T(failures_are_retried_by_their_class),
        T(a_board_alone_is_tried_again_and_one_of_a_chain_is_not),
        T(a_retry_goes_to_another_device_where_one_is_possible),
        T(two_infra_failures_in_a_row_make_a_device_suspect),
        T(a_suspect_device_is_bad_once_its_trial_fails_too),
        T(one_task_alone_makes_no_device_bad),
        T(no_suspect_or_bad_device_works_where_a_good_one_can),
        T(released_work_is_not_counted),
        T(a_new_session_voids_the_old_one_and_its_leases),
        T(a_device_moves_only_when_its_agent_is_silent),
        T(a_session_lives_as_long_as_it_is_heard),
        T(an_item_is_rejected_with_the_reason_of_its_task),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
