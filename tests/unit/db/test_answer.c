/* SPDX-License-Identifier: MIT */
/* What agents answer: results, failures and parts, in time and too late. */
#include <stdio.h>

#include "unit/db/store.h"

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

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        T(a_task_is_leased_once_and_done_once),
        T(rows_and_the_end_of_the_task_commit_together),
        T(a_wrong_epoch_or_an_unknown_lease_changes_nothing),
        T(a_late_result_is_evidence_and_enters_no_table),
        T(parts_are_kept_once_and_only_while_the_lease_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
