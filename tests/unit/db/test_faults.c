/* SPDX-License-Identifier: MIT */
/*
 * Every allocation, and every write of the file, fails once: each call ends
 * in success or in the right failure, changes all or nothing, and leaks
 * nothing.
 */
#include <stdio.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/file.h"
#include "db/blob.h"
#include "db/db_internal.h"
#include "db/idempotency.h"
#include "db/stat.h"
#include "db/token.h"
#include "unit/db/fault.h"
#include "unit/db/store.h"

/* Something to do with a store that holds what prepare() puts there. */
struct act {
    const char *name;
    enum status (*run)(struct db *db, struct store *s, struct err *err);
};

/* What prepare() made, for the acts. */
static struct {
    char session[65];
    int64_t job, profile, row;
    struct lease held; /* for extending, finishing, failing */
} made;

static void
prepare(struct store *s)
{
    struct err err = { 0 };
    struct counter c = { TEXT("PAPI_TOT_INS"), 7 };
    const double ns[] = { 1, 2, 3 };
    struct measure m;
    struct task t;
    int64_t task;

    store_model(s);
    store_session(s->db, "probe", dev_ab, 2, T0, made.session);
    made.job = store_job(s, "ann", 0, dev_a, 1, &task);
    assert_int_equal(
        store_lease(s->db, made.session, "a", T0, &made.held, &t), ST_OK);
    task_clear(&t);
    made.profile = store_profile(s, made.job, task, "a", "env1", T0);
    m = store_row(made.profile, "k", 100);
    m.counters = &c;
    m.n_counters = 1;
    OK(db_measure_add(s->db, &m, ns, 3, &made.row, &err));
    store_job(s, "ann", 0, dev_b, 1, &task); /* for leasing */
    /* Alone, a connection gives back all that it took. */
    db_close(s->db);
    s->db = NULL;
}

static enum status
act_open(struct db *db, struct store *s, struct err *err)
{
    struct db *other;
    enum status st = db_open(&other, s->path, err);

    (void)db;
    if (st == ST_OK)
        db_close(other);
    else
        assert_null(other);
    return st;
}

/* The same with the tables to make. */
static enum status
act_create(struct db *db, struct store *s, struct err *err)
{
    char path[PATH_MAX];
    struct db *other;
    enum status st;

    (void)db;
    snprintf(path, sizeof(path), "%.*s/new.db", PATH_MAX - 16, s->dir);
    unlink(path);
    if ((st = db_open(&other, path, err)) == ST_OK)
        db_close(other);
    return st;
}

static enum status
act_session(struct db *db, struct store *s, struct err *err)
{
    struct device_offer d = { "c", "{}", "{}", "env1" };
    struct session_offer o = { .agent = "other",
        .version = "1",
        .labels = "{}",
        .kinds = 1,
        .devices = &d,
        .n_devices = 1,
        .ttl_ms = TTL_MS,
        .now_ms = T0 };
    struct session got = { 0 };
    enum status st = db_session_open(db, &o, &got, err);

    (void)s;
    session_clear(&got);
    return st;
}

static enum status
act_restart(struct db *db, struct store *s, struct err *err)
{
    struct session_offer o = { .agent = "probe",
        .version = "1",
        .labels = "{}",
        .ttl_ms = TTL_MS,
        .now_ms = T0 };
    struct session got = { 0 };
    enum status st = db_session_open(db, &o, &got, err);

    (void)s;
    session_clear(&got);
    return st;
}

struct job_and_task {
    struct job *job;
    struct task_offer *offer;
};

static enum status
add_both(struct db *db, void *ctx, struct err *err)
{
    struct job_and_task *b = ctx;
    int64_t task;
    enum status st = db_job_add(db, b->job, &b->offer->job, err);

    return st == ST_OK ? db_task_add(db, b->offer, &task, err) : st;
}

static enum status
act_job(struct db *db, struct store *s, struct err *err)
{
    struct job j = { .name = TEXT("j"),
        .model = s->model,
        .owner = TEXT("new"),
        .devices = TEXT("[]"),
        .levels = TEXT("[]"),
        .policy = TEXT("{}") };
    struct task_offer o = { .kind = TASK_PROFILE,
        .owner = "new",
        .devices = dev_ab,
        .n_devices = 2,
        .payload = "{}",
        .dedup_key = "d",
        .now_ms = T0 };

    return db_tx(db, add_both, &(struct job_and_task){ &j, &o }, err);
}

static enum status
act_take(struct db *db, struct store *s, struct err *err)
{
    const char *free_device = "b";
    struct lease_want w = { made.session, &free_device, 1, TTL_MS, T0 + 5000 };
    struct lease l = { 0 };
    struct task t = { 0 };
    enum status st = db_lease_take(db, &w, &l, &t, err);

    (void)s;
    lease_clear(&l);
    task_clear(&t);
    return st;
}

static enum status
act_extend(struct db *db, struct store *s, struct err *err)
{
    struct lease_beat b = { .lease = made.held.id,
        .phase = "layers",
        .detail = "conv",
        .done = 1,
        .total = 2 };

    (void)s;
    return db_lease_extend(db, made.session, &b, 1, TTL_MS, T0 + 5000, err);
}

static enum status
accept_rows(struct db *db, const struct lease *lease, const struct task *task,
    void *ctx, struct err *err)
{
    struct store *s = ctx;
    const double ns[] = { 1, 2, 3 };
    struct profile p = { .job = task->job,
        .task = task->id,
        .model = s->model,
        .device = lease->device,
        .policy = TEXT("{}"),
        .grade = 'A',
        .env = TEXT("{}"),
        .env_fingerprint = TEXT("env1"),
        .env_sha256 = TEXT("e"),
        .check = TEXT("{}"),
        .exits = TEXT("[]") };
    struct measure m;
    int64_t id;
    enum status st = db_profile_add(db, &p, &id, err);

    m = store_row(id, "k", 100);
    if (st == ST_OK)
        st = db_measure_add(db, &m, ns, 3, &made.row, err);
    if (st == ST_OK)
        st = db_cache_copy(db, made.row,
            &(struct cache_place){ id, 4, ROLE_LAYER, "copy" }, &made.row, err);
    return st;
}

static enum status
act_finish(struct db *db, struct store *s, struct err *err)
{
    struct lease_answer a = { made.held.id, made.held.epoch, "{}", 2, T0 };
    bool replay;

    return db_lease_finish(db, &a, accept_rows, s, &replay, err);
}

static enum status
act_fail(struct db *db, struct store *s, struct err *err)
{
    struct lease_answer a = { made.held.id, made.held.epoch, "{}", 2, T0 };
    struct failure why = { FAIL_INFRA, "infra.x", "d", NULL };
    bool replay;

    (void)s;
    return db_lease_fail(db, &a, &why, &replay, NULL, err);
}

static enum status
act_sweep(struct db *db, struct store *s, struct err *err)
{
    (void)s;
    return db_queue_sweep(db, T0 + DAY_MS, NULL, err);
}

static enum status
act_cancel(struct db *db, struct store *s, struct err *err)
{
    (void)s;
    return db_job_cancel(db, made.job, T0, err);
}

static enum status
see_row(const struct measure *m, void *ctx)
{
    (void)ctx;
    return m->n_counters == 1 ? ST_OK : ST_INTERNAL;
}

static enum status
act_read(struct db *db, struct store *s, struct err *err)
{
    struct measure_filter f = {
        .profile = made.profile, .level = -1, .role = -1
    };
    struct stats stats;
    struct job j;
    double *ns;
    size_t n;
    enum status st = db_measure_list(db, &f, see_row, NULL, err);

    (void)s;
    if (st == ST_OK)
        st = db_stats(db, T0, &stats, err);
    if (st == ST_OK && (st = db_job_get(db, made.job, &j, err)) == ST_OK)
        job_clear(&j);
    if (st == ST_OK &&
        (st = db_measure_epochs(db, made.row, &ns, &n, err)) == ST_OK)
        free(ns);
    return st;
}

static enum status
act_blob(struct db *db, struct store *s, struct err *err)
{
    char sha256[HASH_HEX], *data;
    size_t len;
    enum status st = db_blob_put(db, "new", 3, T0, sha256, err);

    (void)s;
    if (st == ST_OK)
        st = db_blob_read(db, sha256, 100, &data, &len, err);
    if (st == ST_OK)
        free(data);
    return st;
}

static enum status
act_small(struct db *db, struct store *s, struct err *err)
{
    struct idempotency i = { TEXT("k"), TEXT("o"), TEXT("s"), 201, TEXT("{}"),
        T0 };
    struct token t;
    int64_t id;
    enum status st = db_token_add(db, "t", "read", "hash", T0, &id, err);

    (void)s;
    if (st == ST_OK && (st = db_token_use(db, "hash", T0, &t, err)) == ST_OK)
        token_clear(&t);
    return st == ST_OK ? db_idempotency_store(db, &i, err) : st;
}

/* All that is in the store, as one number. */
static int64_t
content(const struct store *s)
{
    return store_int(s,
        "SELECT (SELECT count(*) FROM task) * 3"
        " + (SELECT count(*) FROM task_device) * 5"
        " + (SELECT sum(fence) + sum(attempt) * 7 FROM task) * 11"
        " + (SELECT count(*) FROM lease WHERE state = 'active') * 13"
        " + (SELECT count(*) FROM job) * 17 + (SELECT sum(version) FROM job)"
        " + (SELECT count(*) FROM profile) * 19"
        " + (SELECT count(*) FROM measure) * 23"
        " + (SELECT count(*) FROM epochs) * 29"
        " + (SELECT count(*) FROM counter) * 31"
        " + (SELECT count(*) FROM session) * 37"
        " + (SELECT sum(epoch) FROM agent) * 41"
        " + (SELECT count(*) FROM device) * 43");
}

static bool
is_expected(enum fault_kind kind, enum status st)
{
    /* SQLite calls some lack of memory "cannot open" or "I/O error". */
    return st == ST_IO || (kind != FAULT_WRITE && st == ST_NOMEM);
}

/* A closed store's file, to start each round from the same. */
struct image {
    char *data;
    size_t len;
    int64_t content;
};

static void
restore(const struct store *s, const struct image *from)
{
    FILE *f = fopen(s->path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(from->data, 1, from->len, f), from->len);
    assert_int_equal(fclose(f), 0);
}

/* Let the n-th event fail in `act`; false once there are fewer than n. */
static bool
torture(struct store *s, const struct act *act, const struct image *from,
    enum fault_kind kind, int64_t n)
{
    int64_t live = fault_live();
    sqlite3_int64 used = sqlite3_memory_used();
    struct err err = { 0 };
    struct db *db;
    enum status st;
    bool hit;

    restore(s, from);
    db = store_again(s);
    /* What is durable is not asked here, and waiting for disks is slow. */
    if (kind != FAULT_WRITE)
        sqlite3_exec(db->sql, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
    fault_arm(kind, n);
    st = act->run(db, s, &err);
    hit = fault_disarm();
    if (!db_idle(db))
        fail_msg("%s, event %d: a transaction is open", act->name, (int)n);
    db_close(db);
    if (fault_live() != live || sqlite3_memory_used() != used)
        fail_msg("%s, event %d: memory leaked", act->name, (int)n);
    if (st == ST_OK)
        return hit; /* it was reached, and did not matter */
    if (!hit || !is_expected(kind, st))
        fail_msg("%s, event %d: %s", act->name, (int)n, err.text);
    assert_int_equal(err.status, st);
    assert_true(strlen(err.text) > 0);
    if (content(s) != from->content)
        fail_msg("%s, event %d: half of it was stored", act->name, (int)n);
    return true;
}

static const struct act acts[] = {
    { "open", act_open },
    { "create", act_create },
    { "read", act_read },
    { "session", act_session },
    { "job and task", act_job },
    { "take", act_take },
    { "extend", act_extend },
    { "blob", act_blob },
    { "token and key", act_small },
    { "finish", act_finish },
    { "fail", act_fail },
    { "sweep", act_sweep },
    { "cancel", act_cancel },
    { "restart", act_restart },
};

/* Each act in a store of its own, over and over until it meets no fault.
 * With `sparse`, later events are tried in growing steps: OFFRAMP_TORTURE=1 in
 * the environment tries them all, for some minutes. */
static void
torture_all(enum fault_kind kind, bool sparse, const char *what)
{
    int64_t grow = sparse && getenv("OFFRAMP_TORTURE") == NULL ? 16 : INT64_MAX;
    int faults = 0;

    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        void *state = NULL;
        struct err err = { 0 };
        struct image image;
        struct store *s;
        int64_t n;

        store_setup(&state);
        s = state;
        prepare(s);
        image.content = content(s);
        OK(file_read(s->path, 1 << 24, &image.data, &image.len, &err));
        for (n = 1; torture(s, &acts[i], &image, kind, n); n += 1 + n / grow)
            faults++;
        free(image.data);
        lease_clear(&made.held);
        store_teardown(&state);
    }
    print_message("%d failures of %s injected\n", faults, what);
    assert_true(faults > 50);
}

static void
each_allocation_of_ours_may_fail(void **state)
{
    (void)state;
    torture_all(FAULT_ALLOC, false, "our memory");
}

static void
the_allocations_of_sqlite_may_fail(void **state)
{
    (void)state;
    torture_all(FAULT_SQLITE_ALLOC, true, "SQLite's memory");
}

static void
each_write_may_fail(void **state)
{
    (void)state;
    torture_all(FAULT_WRITE, false, "writes");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_of_ours_may_fail),
        cmocka_unit_test(the_allocations_of_sqlite_may_fail),
        cmocka_unit_test(each_write_may_fail),
    };

    fault_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
