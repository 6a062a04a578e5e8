/* SPDX-License-Identifier: MIT */
/* Fair shares, positions and times left, against a queue of a few lines that
 * tries everything. */
#include <stdio.h>

#include "unit/db/store.h"

enum { OWNERS = 5, TASKS = 80, STEPS = 300 };

static const char *const owners[OWNERS] = { "ann", "bob", "cy", "dee", "eve" };

/* The plain queue: an array, and the rule in words. */
struct entry {
    int64_t id, job, priority;
    int owner;
    enum task_state state;
    struct lease lease; /* of its lease; owned while leased */
};

static uint32_t
dice(uint32_t *seed, uint32_t sides)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 16) % sides;
}

static int
running(const struct entry *q, int n, int owner)
{
    int count = 0;

    for (int i = 0; i < n; i++)
        count += q[i].owner == owner && q[i].state == TASK_LEASED;
    return count;
}

/* Priority, then the owner who runs least, then age; -1: nothing waits. */
static int
plain_next(const struct entry *q, int n)
{
    int best = -1;

    for (int i = 0; i < n; i++) {
        int mine, its;

        if (q[i].state != TASK_QUEUED)
            continue;
        mine = running(q, n, q[i].owner);
        its = best >= 0 ? running(q, n, q[best].owner) : 0;
        if (best < 0 || q[i].priority > q[best].priority ||
            (q[i].priority == q[best].priority && mine < its))
            best = i;
    }
    return best;
}

static void
leases_are_given_as_the_plain_queue_would(void **state)
{
    struct bench b = bench(state);
    struct entry q[TASKS] = { 0 };
    uint32_t seed = 7;
    int n = 0, leases = 0;
    char w[65];

    store_session(b.db, "many", NULL, 0, T0, w);
    for (int step = 0; step < STEPS; step++) {
        uint32_t what = dice(&seed, 3);
        int i = (int)dice(&seed, TASKS);

        if (what == 0 && n < TASKS) { /* a new one; ann sends most */
            q[n].owner = (int)(dice(&seed, 2) ? 0 : dice(&seed, OWNERS));
            q[n].priority = dice(&seed, 4) == 0;
            q[n].state = TASK_QUEUED;
            q[n].job = store_job(
                b.s, owners[q[n].owner], q[n].priority, NULL, 0, &q[n].id);
            n++;
        } else if (what == 1 && i < n && q[i].state == TASK_LEASED) {
            assert_int_equal(
                store_finish(b.db, &q[i].lease, "{}", T0, NULL), ST_OK);
            lease_clear(&q[i].lease);
            q[i].state = TASK_DONE;
        } else if (what == 2) {
            int want = plain_next(q, n);

            assert_int_equal(store_lease(b.db, w, NULL, T0, &b.l, &b.t),
                want < 0 ? ST_WAIT : ST_OK);
            if (want < 0)
                continue;
            assert_int_equal(b.t.id, q[want].id);
            q[want].state = TASK_LEASED;
            q[want].lease = b.l;
            task_clear(&b.t);
            leases++;
        }
    }
    assert_true(leases > 50);
    for (int i = 0; i < n; i++)
        if (q[i].state == TASK_LEASED)
            lease_clear(&q[i].lease);
}

static void
a_long_queue_takes_no_more_than_its_owners_share(void **state)
{
    enum { SLOTS = 4, EACH = 12 };
    struct bench b = bench(state);
    struct lease held[SLOTS];
    int64_t task;
    int got[2] = { 0, 0 };
    char w[65];

    store_session(b.db, "many", NULL, 0, T0, w);
    for (int i = 0; i < 5 * EACH; i++) /* ann was here first, with more */
        store_job(b.s, "ann", 0, NULL, 0, &task);
    for (int i = 0; i < EACH; i++)
        store_job(b.s, "bob", 0, NULL, 0, &task);
    for (int i = 0; i < 2 * EACH; i++) {
        int slot = i % SLOTS;

        if (i >= SLOTS) {
            assert_int_equal(
                store_finish(b.db, &held[slot], "{}", T0, NULL), ST_OK);
            lease_clear(&held[slot]);
        }
        assert_int_equal(
            store_lease(b.db, w, NULL, T0, &held[slot], &b.t), ST_OK);
        got[b.t.owner[0] == 'b']++;
        task_clear(&b.t);
        assert_in_range(got[0] - got[1] + 1, 0, 2);
    }
    for (int i = 0; i < SLOTS; i++)
        lease_clear(&held[i]);
}

static int64_t
position_of(struct db *db, int64_t job)
{
    struct outlook o;
    struct err err = { 0 };

    OK(db_job_outlook(db, job, T0, &o, &err));
    return o.position;
}

static void
a_position_is_the_number_of_leases_before_it(void **state)
{
    enum { N = 40 };
    struct bench b = bench(state);
    struct entry q[N] = { 0 };
    uint32_t seed = 11;
    int64_t other;

    for (int i = 0; i < N; i++) {
        q[i].owner = (int)dice(&seed, OWNERS);
        q[i].priority = (int64_t)dice(&seed, 3);
        q[i].state = TASK_QUEUED;
        q[i].job = store_job(
            b.s, owners[q[i].owner], q[i].priority, dev_a, 1, &q[i].id);
        store_job(b.s, "ann", 9, dev_b, 1, &other); /* another device's */
    }
    /* One runs already; then one after another as if none of them ended. */
    for (int place = -1; place < N - 1; place++) {
        int next = plain_next(q, N);

        if (place < 0) {
            assert_int_equal(
                store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
            assert_int_equal(b.t.id, q[next].id);
            drop(&b);
        }
        assert_int_equal(position_of(b.db, q[next].job), place);
        q[next].state = TASK_LEASED;
    }
}

static double
eta_of(struct db *db, int64_t job, int64_t now)
{
    struct outlook o;
    struct err err = { 0 };

    OK(db_job_outlook(db, job, now, &o, &err));
    return o.eta_s;
}

/* A job like `store_job()`s, but of these levels, on one device. */
static int64_t
job_of(struct store *s, const char *levels, const char *const *devices,
    size_t n, int64_t *task)
{
    struct err err = { 0 };
    struct job j = { .name = TEXT("job"),
        .model = s->model,
        .owner = TEXT("ann"),
        .devices = TEXT("[]"),
        .levels = TEXT(levels),
        .policy = TEXT("{}"),
        .created_ms = T0 };
    struct task_offer o = { .kind = TASK_PROFILE,
        .owner = "ann",
        .model = s->model,
        .devices = devices,
        .n_devices = n,
        .deadline_s = 100,
        .payload = "{}",
        .now_ms = T0 };

    OK(db_job_add(s->db, &j, &o.job, &err));
    OK(db_task_add(s->db, &o, task, &err));
    return o.job;
}

/* Do a job of these levels on device a in so many seconds. */
static void
do_job(struct bench *b, const char *levels, int64_t seconds)
{
    int64_t task, job = job_of(b->s, levels, dev_a, 1, &task);
    int64_t end = T0 + seconds * 1000;

    assert_int_equal(store_lease(b->db, b->a, "a", T0, &b->l, &b->t), ST_OK);
    assert_int_equal(b->t.id, task);
    assert_int_equal(store_finish(b->db, &b->l, "{}", end, NULL), ST_OK);
    store_profile(b->s, job, task, "a", "env1", end);
    drop(b);
}

static void
the_time_left_is_that_of_equal_jobs(void **state)
{
    struct bench b = bench(state);
    int64_t task, small, big, odd, both;

    do_job(&b, "[2]", 9);
    do_job(&b, "[2]", 2); /* the newest counts: it found more in the cache */
    do_job(&b, "[6]", 16);
    small = job_of(b.s, "[2]", dev_a, 1, &task);
    assert_float_equal(eta_of(b.db, small, T0), 2, 1e-9);
    big = job_of(b.s, "[6]", dev_a, 1, &task);
    assert_float_equal(eta_of(b.db, big, T0), 2 + 16, 1e-9);
    /* Never done like this: the mean, 9 s. */
    odd = job_of(b.s, "[0]", dev_a, 1, &task);
    assert_float_equal(eta_of(b.db, odd, T0), 2 + 16 + 9, 1e-9);
    /* Two devices share what is ahead of it. */
    both = job_of(b.s, "[2]", dev_ab, 2, &task);
    assert_float_equal(eta_of(b.db, both, T0), (2 + 16 + 9) / 2.0 + 2, 1e-9);
    /* As it runs, its own time and that of the others grow less. */
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
    assert_float_equal(eta_of(b.db, small, T0 + 500), 1.5, 1e-9);
    assert_float_equal(eta_of(b.db, big, T0 + 500), 1.5 + 16, 1e-9);
    assert_float_equal(eta_of(b.db, small, T0 + 5000), 0, 1e-9);
    assert_float_equal(eta_of(b.db, big, T0 + 5000), 16, 1e-9);
    drop(&b);
}

static void
nobody_can_tell_without_a_device_or_a_job_done(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    int64_t task, job;

    job = job_of(b.s, "[2]", dev_b, 1, &task);
    assert_true(isnan(eta_of(b.db, job, T0)));
    do_job(&b, "[2]", 4);
    assert_float_equal(eta_of(b.db, job, T0), 4, 1e-9);
    OK(db_device_set_mode(b.db, "b", DEVICE_DRAINING, &err));
    assert_true(isnan(eta_of(b.db, job, T0)));
    OK(db_device_set_mode(b.db, "b", DEVICE_ACTIVE, &err));
    assert_true(isnan(eta_of(b.db, job, T0 + TTL_MS))); /* silent */
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        T(leases_are_given_as_the_plain_queue_would),
        T(a_long_queue_takes_no_more_than_its_owners_share),
        T(a_position_is_the_number_of_leases_before_it),
        T(the_time_left_is_that_of_equal_jobs),
        T(nobody_can_tell_without_a_device_or_a_job_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
