/* SPDX-License-Identifier: MIT */
/* The queue by one caller: order, fences, expiry, failure classes. */
#include <stdio.h>

#include "db/dataset.h"
#include "db/stat.h"
#include "unit/db/store.h"

static const char *const dev_a[] = { "a" }, *const dev_b[] = { "b" },
                         *const dev_ab[] = { "a", "b" };

/* Two probes, a and b, and a model: what most tests start from. */
struct bench {
    struct store *s;
    struct db *db;
    char a[65], b[65]; /* sessions */
    struct lease l;
    struct task t;
};

static struct bench
bench(void **state)
{
    struct bench b = { .s = *state };

    b.db = b.s->db;
    store_model(b.s);
    store_session(b.db, "probe-a", dev_a, 1, T0, b.a);
    store_session(b.db, "probe-b", dev_b, 1, T0, b.b);
    return b;
}

static void
drop(struct bench *b)
{
    lease_clear(&b->l);
    task_clear(&b->t);
}

static enum task_state
state_of(struct db *db, int64_t task)
{
    struct task t = store_task(db, task);
    enum task_state state = t.state;

    task_clear(&t);
    return state;
}

static enum run_state
job_state(struct db *db, int64_t id, int64_t *version)
{
    struct job j;
    struct err err = { 0 };
    enum run_state state;

    OK(db_job_get(db, id, &j, &err));
    state = j.state;
    if (version != NULL)
        *version = j.version;
    job_clear(&j);
    return state;
}

static void
a_task_is_leased_once_and_done_once(void **state)
{
    struct bench b = bench(state);
    int64_t task, job = store_job(b.s, "ann", 0, dev_a, 1, &task), v0, v1, v2;
    bool replay = false;

    assert_int_equal(job_state(b.db, job, &v0), RUN_QUEUED);
    assert_int_equal(store_lease(b.db, b.a, "a", T0 + 1, &b.l, &b.t), ST_OK);
    assert_int_equal(b.t.id, task);
    assert_int_equal(b.l.task, task);
    assert_int_equal(b.l.epoch, 1);
    assert_int_equal(b.l.attempt, 1);
    assert_int_equal(b.l.until_ms, T0 + 1 + TTL_MS);
    assert_int_equal(b.l.deadline_ms, T0 + 1 + TTL_MS + 100 * 1000);
    assert_string_equal(b.l.agent, "probe-a");
    assert_string_equal(b.l.device, "a");
    assert_string_equal(b.t.payload, "{}");
    assert_int_equal(job_state(b.db, job, &v1), RUN_RUNNING);
    assert_true(v1 > v0);

    assert_int_equal(
        store_finish(b.db, &b.l, "{\"x\":1}", T0 + 50, &replay), ST_OK);
    assert_false(replay);
    assert_int_equal(state_of(b.db, task), TASK_DONE);
    assert_int_equal(job_state(b.db, job, &v2), RUN_DONE);
    assert_true(v2 > v1);

    /* The same body again is a replay, even long after; another is refused. */
    assert_int_equal(
        store_finish(b.db, &b.l, "{\"x\":1}", T0 + DAY_MS, &replay), ST_OK);
    assert_true(replay);
    assert_int_equal(
        store_finish(b.db, &b.l, "{\"x\":2}", T0 + 60, &replay), ST_CONFLICT);
    assert_int_equal(
        store_fail(b.db, &b.l, FAIL_INFRA, "lost", T0 + 60), ST_CONFLICT);
    drop(&b);
    assert_int_equal(store_lease(b.db, b.a, "a", T0 + 70, &b.l, &b.t), ST_WAIT);
}

/* What a rejected answer leaves behind: nothing. */
static enum status
accept_half(struct db *db, const struct lease *lease, const struct task *task,
    void *ctx, struct err *err)
{
    struct store *s = ctx;
    struct measure m = store_row(
        store_profile(s, task->job, task->id, "a", "env1", T0), "k", 100);
    int64_t id;

    (void)lease;
    if (db_measure_add(db, &m, NULL, 0, &id, err) != ST_OK)
        return ST_INTERNAL;
    return err_set(err, ST_UNPROCESSABLE, "row.bad", "row 2 is bad");
}

static void
rows_and_the_end_of_the_task_commit_together(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    bool replay = false;
    int64_t task;
    struct lease_answer a = { .body = "{}", .len = 2, .now_ms = T0 + 9 };

    store_job(b.s, "ann", 0, dev_a, 1, &task);
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
    a.lease = b.l.id;
    a.epoch = b.l.epoch;
    assert_int_equal(db_lease_finish(b.db, &a, accept_half, b.s, &replay, &err),
        ST_UNPROCESSABLE);
    assert_string_equal(err.code, "row.bad");
    assert_int_equal(store_int(b.s, "SELECT count(*) FROM profile"), 0);
    assert_int_equal(store_int(b.s, "SELECT count(*) FROM measure"), 0);
    assert_int_equal(state_of(b.db, task), TASK_LEASED);
    /* The lease still stands: a corrected answer is taken. */
    assert_int_equal(store_finish(b.db, &b.l, "{}", T0 + 10, NULL), ST_OK);
    drop(&b);
}

static void
a_wrong_epoch_or_an_unknown_lease_changes_nothing(void **state)
{
    struct bench b = bench(state);
    struct lease wrong;
    struct err err = { 0 };
    int64_t task;

    store_job(b.s, "ann", 0, dev_a, 1, &task);
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
    wrong = b.l;
    wrong.epoch = b.l.epoch + 1;
    assert_int_equal(store_finish(b.db, &wrong, "{}", T0, NULL), ST_CONFLICT);
    assert_int_equal(
        store_fail(b.db, &wrong, FAIL_USER, "{}", T0), ST_CONFLICT);
    assert_int_equal(
        db_lease_release(b.db, wrong.id, wrong.epoch, T0, &err), ST_CONFLICT);
    assert_string_equal(err.code, "lease.epoch");
    wrong = b.l;
    wrong.id = 999;
    assert_int_equal(store_finish(b.db, &wrong, "{}", T0, NULL), ST_NOT_FOUND);
    assert_int_equal(state_of(b.db, task), TASK_LEASED);
    drop(&b);
}

static void
a_late_result_is_evidence_and_enters_no_table(void **state)
{
    struct bench b = bench(state);
    int64_t task, n = 0;
    struct err err = { 0 };

    store_job(b.s, "ann", 0, dev_a, 1, &task);
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
    /* Over by the clock, though nothing has swept it yet. */
    assert_int_equal(
        store_finish(b.db, &b.l, "late!", T0 + TTL_MS, NULL), ST_GONE);
    assert_int_equal(state_of(b.db, task), TASK_LEASED);
    OK(db_queue_sweep(b.db, T0 + TTL_MS, &n, &err));
    assert_int_equal(n, 1);
    assert_int_equal(state_of(b.db, task), TASK_QUEUED);
    /* Sent again after the sweep: the same evidence, once. */
    assert_int_equal(
        store_finish(b.db, &b.l, "late!", T0 + TTL_MS + 5, NULL), ST_GONE);
    assert_int_equal(
        store_fail(b.db, &b.l, FAIL_MODEL, "crashed", T0 + TTL_MS + 6),
        ST_GONE);
    assert_int_equal(store_int(b.s, "SELECT count(*) FROM late_result"), 2);
    assert_int_equal(store_int(b.s, "SELECT count(*) FROM late_result"
                                    " WHERE body = CAST('late!' AS BLOB)"),
        1);
    assert_int_equal(state_of(b.db, task), TASK_QUEUED);
    drop(&b);
    /* The next lease has a new fence, and the old one cannot end it. */
    assert_int_equal(
        store_lease(b.db, b.a, "a", T0 + TTL_MS + 9, &b.l, &b.t), ST_OK);
    assert_int_equal(b.l.epoch, 2);
    drop(&b);
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

static void
suspect_is_second_choice_and_bad_is_none(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    int64_t task;

    store_job(b.s, "ann", 0, dev_ab, 2, &task);
    OK(db_device_set_health(b.db, "a", DEVICE_SUSPECT, &err));
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_WAIT);
    OK(db_device_set_health(b.db, "b", DEVICE_BAD, &err));
    assert_int_equal(store_lease(b.db, b.b, "b", T0, &b.l, &b.t), ST_WAIT);
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
    drop(&b);
}

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

struct parts {
    int n;
    char text[64];
};

static enum status
join(int64_t n, const char *body, size_t len, void *ctx)
{
    struct parts *p = ctx;

    assert_int_equal(strlen(body), len);
    snprintf(p->text + strlen(p->text), sizeof(p->text) - strlen(p->text),
        "%d=%s;", (int)n, body);
    p->n++;
    return ST_OK;
}

static void
parts_are_kept_once_and_only_while_the_lease_is(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    struct parts p = { 0 };
    int64_t task;
    bool is_new = false;
    struct lease_answer a = { .body = "one", .len = 3, .now_ms = T0 };

    store_job(b.s, "ann", 0, dev_a, 1, &task);
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
    a.lease = b.l.id;
    a.epoch = b.l.epoch;
    OK(db_part_put(b.db, &a, 1, &is_new, &err));
    assert_true(is_new);
    OK(db_part_put(b.db, &a, 1, &is_new, &err));
    assert_false(is_new);
    a.body = "", a.len = 0;
    OK(db_part_put(b.db, &a, 0, &is_new, &err));
    a.body = "two", a.len = 3;
    assert_int_equal(db_part_put(b.db, &a, 1, &is_new, &err), ST_CONFLICT);
    a.now_ms = T0 + TTL_MS;
    assert_int_equal(db_part_put(b.db, &a, 2, &is_new, &err), ST_GONE);
    OK(db_part_list(b.db, b.l.id, join, &p, &err));
    assert_string_equal(p.text, "0=;1=one;");
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

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        T(a_task_is_leased_once_and_done_once),
        T(rows_and_the_end_of_the_task_commit_together),
        T(a_wrong_epoch_or_an_unknown_lease_changes_nothing),
        T(a_late_result_is_evidence_and_enters_no_table),
        T(heartbeats_extend_until_the_deadline_and_tell_what_to_stop),
        T(failures_are_retried_by_their_class),
        T(a_retry_goes_to_another_device_where_one_is_possible),
        T(two_infra_failures_in_a_row_make_a_device_suspect),
        T(suspect_is_second_choice_and_bad_is_none),
        T(order_is_priority_then_fair_share_then_age),
        T(only_what_a_session_can_do_is_leased_to_it),
        T(released_work_is_not_counted),
        T(a_new_session_voids_the_old_one_and_its_leases),
        T(a_device_moves_only_when_its_agent_is_silent),
        T(cancelling_ends_queued_and_leased_work),
        T(a_task_that_waits_too_long_fails),
        T(leases_outlive_the_server),
        T(equal_unfinished_tasks_are_one),
        T(an_item_is_rejected_with_the_reason_of_its_task),
        T(parts_are_kept_once_and_only_while_the_lease_is),
        T(the_outlook_counts_what_goes_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
