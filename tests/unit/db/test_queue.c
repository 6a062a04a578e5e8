/* SPDX-License-Identifier: MIT */
/* Who gets which task, for how long, and how it can end without an answer. */
#include "db/stat.h"
#include "unit/db/store.h"

static void
order_is_priority_then_fair_share_then_age(void **state)
{
    static const struct {
        const char *owner;
        int64_t priority;
    } jobs[] = { { "ann", 0 }, { "ann", 0 }, { "ann", 0 }, { "bob", 0 },
        { "bob", 5 }, { "cy", 0 } };
    /* bob's urgent one; then ann and cy run nothing and ann's is older; then
     * cy; then ann, bob and cy run one each, and cy has no more. */
    static const int want[] = { 4, 0, 5, 1, 3, 2 };
    struct bench b = bench(state);
    int64_t task[6];
    char w[65];

    store_session(b.db, "many", NULL, 0, T0, w);
    for (int i = 0; i < 6; i++)
        store_job(b.s, jobs[i].owner, jobs[i].priority, NULL, 0, &task[i]);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(store_lease(b.db, w, NULL, T0, &b.l, &b.t), ST_OK);
        assert_int_equal(b.t.id, task[want[i]]);
        drop(&b);
    }
    assert_int_equal(store_lease(b.db, w, NULL, T0, &b.l, &b.t), ST_WAIT);
}

static void
only_what_a_session_can_do_is_leased_to_it(void **state)
{
    struct bench b = bench(state);
    struct session_offer o = { .agent = "searcher",
        .version = "0.1.0",
        .labels = "{}",
        .kinds = KIND_BIT(TASK_SEARCH),
        .ttl_ms = TTL_MS,
        .now_ms = T0 };
    struct session s;
    struct err err = { 0 };
    int64_t on_device, of_worker;

    OK(db_session_open(b.db, &o, &s, &err));
    store_job(b.s, "ann", 0, dev_a, 1, &on_device);
    store_job(b.s, "ann", 0, NULL, 0, &of_worker);
    /* Wrong kind; another session's device; a worker's task for a device. */
    assert_int_equal(store_lease(b.db, s.id, NULL, T0, &b.l, &b.t), ST_WAIT);
    assert_int_equal(store_lease(b.db, b.b, "a", T0, &b.l, &b.t), ST_WAIT);
    assert_int_equal(store_lease(b.db, b.b, "b", T0, &b.l, &b.t), ST_WAIT);
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
    assert_int_equal(b.t.id, on_device);
    drop(&b);
    /* One lease a device. */
    store_job(b.s, "ann", 0, dev_a, 1, &on_device);
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_WAIT);
    assert_int_equal(
        store_lease(b.db, "no-such", "a", T0, &b.l, &b.t), ST_NOT_FOUND);
    session_clear(&s);
}

static void
heartbeats_extend_until_the_deadline_and_tell_what_to_stop(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    int64_t task, n, v0, v1, v2,
        now = T0, job = store_job(b.s, "ann", 0, dev_a, 1, &task);
    struct lease_beat beats[2] = {
        { .phase = "layers", .detail = "conv2", .done = 3, .total = 31 },
        { .lease = 999 },
    };
    struct task t;

    assert_int_equal(store_lease(b.db, b.a, "a", now, &b.l, &b.t), ST_OK);
    beats[0].lease = b.l.id;
    job_state(b.db, job, &v0);
    now += 20000;
    OK(db_lease_extend(b.db, b.a, beats, 2, TTL_MS, now, &err));
    assert_true(beats[0].keep);
    assert_false(beats[1].keep);
    t = store_task(b.db, task);
    assert_string_equal(t.phase, "layers");
    assert_string_equal(t.detail, "conv2");
    assert_int_equal(t.done, 3);
    assert_int_equal(t.total, 31);
    task_clear(&t);
    job_state(b.db, job, &v1);
    assert_int_equal(v1, v0 + 1);
    /* The same progress is no change. */
    OK(db_lease_extend(b.db, b.a, beats, 1, TTL_MS, now, &err));
    job_state(b.db, job, &v2);
    assert_int_equal(v2, v1);

    /* Another session cannot keep it alive. */
    OK(db_lease_extend(b.db, b.b, beats, 1, TTL_MS, now, &err));
    assert_false(beats[0].keep);

    while (now + TTL_MS < b.l.deadline_ms) {
        now += 20000;
        OK(db_lease_extend(b.db, b.a, beats, 1, TTL_MS, now, &err));
        assert_true(beats[0].keep);
    }
    OK(db_queue_sweep(b.db, b.l.deadline_ms - 1, &n, &err));
    assert_int_equal(n, 0);
    OK(db_queue_sweep(b.db, b.l.deadline_ms, &n, &err));
    assert_int_equal(n, 1);
    t = store_task(b.db, task);
    assert_string_equal(t.error_code, "infra.deadline");
    task_clear(&t);
    OK(db_lease_extend(b.db, b.a, beats, 1, TTL_MS, b.l.deadline_ms, &err));
    assert_false(beats[0].keep);
    drop(&b);
}

static void
cancelling_ends_queued_and_leased_work(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    int64_t task, other, job = store_job(b.s, "ann", 0, dev_a, 1, &task);
    struct lease_beat beat;
    struct task_offer o = { .kind = TASK_PROFILE,
        .owner = "ann",
        .job = job,
        .devices = dev_b,
        .n_devices = 1,
        .payload = "{}",
        .now_ms = T0 };

    OK(db_task_add(b.db, &o, &other, &err));
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
    OK(db_job_cancel(b.db, job, T0 + 1, &err));
    assert_int_equal(state_of(b.db, task), TASK_CANCELLED);
    assert_int_equal(state_of(b.db, other), TASK_CANCELLED);
    assert_int_equal(job_state(b.db, job, NULL), RUN_CANCELLED);
    beat = (struct lease_beat){ .lease = b.l.id };
    OK(db_lease_extend(b.db, b.a, &beat, 1, TTL_MS, T0 + 2, &err));
    assert_false(beat.keep);
    assert_int_equal(store_finish(b.db, &b.l, "{}", T0 + 3, NULL), ST_GONE);
    OK(db_job_cancel(b.db, job, T0 + 4, &err)); /* idempotent */
    assert_int_equal(db_job_cancel(b.db, 999, T0, &err), ST_NOT_FOUND);
    drop(&b);
}

static void
a_task_that_waits_too_long_fails(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    int64_t task, n, job = store_job(b.s, "ann", 0, dev_a, 1, &task);
    struct task t;

    /* An hour on a lease is not an hour in the queue. */
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
    OK(db_lease_release(b.db, b.l.id, b.l.epoch, T0 + 1000, &err));
    drop(&b);
    OK(db_queue_sweep(b.db, T0 + DB_QUEUE_TIMEOUT_MS + 999, &n, &err));
    assert_int_equal(n, 0);
    OK(db_queue_sweep(b.db, T0 + DB_QUEUE_TIMEOUT_MS + 1000, &n, &err));
    assert_int_equal(n, 1);
    t = store_task(b.db, task);
    assert_int_equal(t.state, TASK_FAILED);
    assert_string_equal(t.error_code, "infra.queue_timeout");
    task_clear(&t);
    assert_int_equal(job_state(b.db, job, NULL), RUN_FAILED);
}

static void
leases_outlive_the_server(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    int64_t task, n;

    store_job(b.s, "ann", 0, dev_a, 1, &task);
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
    db_close(b.s->db);
    b.db = b.s->db = store_again(b.s);
    OK(db_queue_sweep(b.db, T0 + TTL_MS - 1, &n, &err));
    assert_int_equal(n, 0);
    assert_int_equal(
        store_finish(b.db, &b.l, "{}", T0 + TTL_MS - 1, NULL), ST_OK);
    drop(&b);
}

static void
equal_unfinished_tasks_are_one(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    int64_t one, two, three;
    char w[65];
    struct task_offer o = { .kind = TASK_ANALYSE,
        .model = b.s->model,
        .payload = "{}",
        .dedup_key = "analyse:1",
        .now_ms = T0 };

    store_session(b.db, "worker", NULL, 0, T0, w);
    OK(db_task_add(b.db, &o, &one, &err));
    OK(db_task_add(b.db, &o, &two, &err));
    assert_int_equal(one, two);
    assert_int_equal(store_lease(b.db, w, NULL, T0, &b.l, &b.t), ST_OK);
    OK(db_task_add(b.db, &o, &two, &err));
    assert_int_equal(one, two);
    assert_int_equal(store_finish(b.db, &b.l, "{}", T0, NULL), ST_OK);
    OK(db_task_add(b.db, &o, &three, &err));
    assert_int_not_equal(one, three);
    drop(&b);
}

static void
the_outlook_counts_what_goes_before(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    struct outlook o;
    struct stats stats;
    int64_t task, first = store_job(b.s, "ann", 0, dev_a, 1, &task),
                  other = store_job(b.s, "ann", 0, dev_b, 1, &task),
                  second = store_job(b.s, "ann", 0, dev_a, 1, &task);

    OK(db_job_outlook(b.db, second, T0, &o, &err));
    assert_int_equal(o.position, 1);
    assert_true(isnan(o.eta_s));
    OK(db_job_outlook(b.db, other, T0, &o, &err));
    assert_int_equal(o.position, 0);
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
    OK(db_stats(b.db, T0, &stats, &err));
    assert_int_equal(stats.jobs[RUN_QUEUED], 2);
    assert_int_equal(stats.jobs[RUN_RUNNING], 1);
    assert_int_equal(stats.tasks_leased, 1);
    assert_int_equal(stats.devices_online, 2);
    assert_int_equal(store_finish(b.db, &b.l, "{}", T0 + 8000, NULL), ST_OK);
    drop(&b);
    OK(db_job_outlook(b.db, first, T0 + 8000, &o, &err));
    assert_int_equal(o.position, -1);
    OK(db_job_outlook(b.db, second, T0 + 8000, &o, &err));
    assert_int_equal(o.position, 0);
    assert_float_equal(o.eta_s, 8.0, 0.001);
    assert_int_equal(store_lease(b.db, b.a, "a", T0 + 9000, &b.l, &b.t), ST_OK);
    OK(db_job_outlook(b.db, second, T0 + 12000, &o, &err));
    assert_int_equal(o.position, -1);
    assert_float_equal(o.eta_s, 5.0, 0.001);
    drop(&b);
}

/* What an agent still has of another store's lease is not taken for one of
 * this store's. */
static void
leases_of_two_stores_have_no_number_in_common(void **state)
{
    int64_t first[2];

    for (int i = 0; i < 2; i++) {
        struct store *s = *state;
        void *other = NULL;
        struct bench b;

        if (i == 1) {
            assert_int_equal(store_setup(&other), 0);
            s = other;
        }
        b = bench((void **)&s);
        store_job(b.s, "ann", 0, (const char *[]){ "a" }, 1, &first[i]);
        assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
        first[i] = b.l.id;
        drop(&b);
        if (other != NULL)
            store_teardown(&other);
    }
    assert_true(first[0] > 0 && first[1] > 0);
    assert_int_not_equal(first[0], first[1]);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        T(order_is_priority_then_fair_share_then_age),
        T(only_what_a_session_can_do_is_leased_to_it),
        T(heartbeats_extend_until_the_deadline_and_tell_what_to_stop),
        T(cancelling_ends_queued_and_leased_work),
        T(a_task_that_waits_too_long_fails),
        T(leases_outlive_the_server),
        T(equal_unfinished_tasks_are_one),
        T(leases_of_two_stores_have_no_number_in_common),
        T(the_outlook_counts_what_goes_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
