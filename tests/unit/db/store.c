/* SPDX-License-Identifier: MIT */
#include "unit/db/store.h"

#include <stdio.h>

#include <sqlite3.h>

#include "base/file.h"
#include "db/blob.h"

int
store_setup(void **state)
{
    const char *base = getenv("TMPDIR");
    struct store *s = calloc(1, sizeof(*s));
    struct err err = { 0 };

    assert_non_null(s);
    snprintf(s->dir, sizeof(s->dir) - 16, "%.*s/offramp-db-XXXXXX",
        PATH_MAX - 64, base ? base : "/tmp");
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->path, sizeof(s->path), "%.*s/store.db", PATH_MAX - 16, s->dir);
    OK(hash_start(&err));
    OK(db_open(&s->db, s->path, &err));
    *state = s;
    return 0;
}

int
store_teardown(void **state)
{
    struct store *s = *state;
    struct err err = { 0 };

    assert_true(s->db == NULL || db_idle(s->db));
    db_close(s->db);
    OK(file_rmtree(s->dir, &err));
    free(s);
    return 0;
}

struct db *
store_again(const struct store *s)
{
    struct db *db;
    struct err err = { 0 };

    OK(db_open(&db, s->path, &err));
    return db;
}

void
store_model(struct store *s)
{
    struct err err = { 0 };
    struct model m = {
        .name = TEXT("net"), .labels = TEXT("{}"), .created_ms = T0
    };

    OK(db_blob_put(s->db, "onnx", 4, T0, s->model, &err));
    m.id = m.blob = s->model;
    OK(db_model_add(s->db, &m, &err));
    OK(db_model_ready(s->db, s->model, "{\"layers\":[]}", &err));
}

void
store_session(struct db *db, const char *agent, const char *const *devices,
    size_t n, int64_t now_ms, char id[65])
{
    struct device_offer offers[8];
    struct session_offer o = { .agent = agent,
        .version = "0.1.0",
        .labels = "{}",
        .kinds = (1u << TASK_KIND_COUNT) - 1,
        .devices = offers,
        .n_devices = n,
        .ttl_ms = TTL_MS,
        .now_ms = now_ms };
    struct session s;
    struct err err = { 0 };

    assert_true(n <= 8);
    for (size_t i = 0; i < n; i++)
        offers[i] = (struct device_offer){ devices[i], "{}", "{}", "env1" };
    OK(db_session_open(db, &o, &s, &err));
    snprintf(id, 65, "%s", s.id);
    session_clear(&s);
}

int64_t
store_job(struct store *s, const char *owner, int64_t priority,
    const char *const *devices, size_t n, int64_t *task)
{
    struct err err = { 0 };
    struct job j = { .name = TEXT("job"),
        .model = s->model,
        .owner = TEXT(owner),
        .devices = TEXT("[]"),
        .levels = TEXT("[]"),
        .policy = TEXT("{}"),
        .priority = priority,
        .created_ms = T0 };
    struct task_offer o = { .kind = TASK_PROFILE,
        .owner = owner,
        .priority = priority,
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

enum status
store_lease(struct db *db, const char *session, const char *device,
    int64_t now_ms, struct lease *lease, struct task *task)
{
    struct lease_want w = { .session = session,
        .devices = &device,
        .n_devices = device != NULL,
        .ttl_ms = TTL_MS,
        .now_ms = now_ms };
    struct err err = { 0 };

    memset(lease, 0, sizeof(*lease));
    memset(task, 0, sizeof(*task));
    return db_lease_take(db, &w, lease, task, &err);
}

static enum status
accept_nothing(struct db *db, const struct lease *lease,
    const struct task *task, void *ctx, struct err *err)
{
    (void)db, (void)lease, (void)task, (void)ctx, (void)err;
    return ST_OK;
}

enum status
store_finish(struct db *db, const struct lease *l, const char *text,
    int64_t now_ms, bool *replay)
{
    struct lease_answer a = { l->id, l->epoch, text, strlen(text), now_ms };
    struct err err = { 0 };
    bool again = false;

    return db_lease_finish(
        db, &a, accept_nothing, NULL, replay ? replay : &again, &err);
}

enum status
store_fail(struct db *db, const struct lease *l, enum fail_class class,
    const char *text, int64_t now_ms)
{
    struct lease_answer a = { l->id, l->epoch, text, strlen(text), now_ms };
    struct failure why = { class, "some.code", text, NULL };
    struct err err = { 0 };
    bool replay = false;

    return db_lease_fail(db, &a, &why, &replay, NULL, &err);
}

struct task
store_task(struct db *db, int64_t id)
{
    struct task t;
    struct err err = { 0 };

    OK(db_task_get(db, id, &t, &err));
    return t;
}

int64_t
store_int(const struct store *s, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *q;
    int64_t out;

    assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    out = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return out;
}

int64_t
store_profile(struct store *s, int64_t job, int64_t task, const char *device,
    const char *fingerprint, int64_t now_ms)
{
    struct err err = { 0 };
    struct profile p = { .job = job,
        .task = task,
        .model = s->model,
        .device = TEXT(device),
        .created_ms = now_ms,
        .policy = TEXT("{}"),
        .grade = 'A',
        .env = TEXT("{}"),
        .env_fingerprint = TEXT(fingerprint),
        .env_sha256 = TEXT("e"),
        .closure_rel = NAN,
        .closure_hot_rel = 0.02,
        .overhead_rel = NAN,
        .aa_rel = NAN,
        .sum_layers_ns = 900.5,
        .whole_ns = 1000.25,
        .dispatch_ns = 99.75,
        .check = TEXT("{}"),
        .exits = TEXT("[]") };
    int64_t id;

    OK(db_profile_add(s->db, &p, &id, &err));
    return id;
}

struct measure
store_row(int64_t profile, const char *key, double ns)
{
    return (struct measure){ .profile = profile,
        .level = LEVEL_L2,
        .role = ROLE_LAYER,
        .index = 3,
        .name = TEXT("conv"),
        .kernel_key = TEXT(key),
        .source = SOURCE_MEASURED,
        .n_epochs = 4,
        .iters_per_epoch = 100,
        .min_ns = ns - 1,
        .p10_ns = ns - 0.75,
        .p25_ns = ns - 0.5,
        .median_ns = ns,
        .p75_ns = ns + 0.5,
        .p90_ns = NAN,
        .p99_ns = NAN,
        .max_ns = ns + 1,
        .mean_ns = ns,
        .sd_ns = 0.5,
        .mad_ns = 0.25,
        .ci95_lo_ns = ns - 0.5,
        .ci95_hi_ns = ns + 0.5,
        .lag1 = -0.125,
        .n_mild = 1,
        .n_severe = 0,
        .first_ns = ns * 2,
        .stop_reason = TEXT("ci_met"),
        .grade = 'A',
        .energy_gross_nj = NAN,
        .energy_idle_nj = NAN,
        .energy_net_nj = NAN,
        .energy_err_nj = NAN };
}

const char *const dev_a[1] = { "a" }, *const dev_b[1] = { "b" },
                  *const dev_ab[2] = { "a", "b" };

struct bench
bench(void **state)
{
    struct bench b = { .s = *state };

    b.db = b.s->db;
    store_model(b.s);
    store_session(b.db, "probe-a", dev_a, 1, T0, b.a);
    store_session(b.db, "probe-b", dev_b, 1, T0, b.b);
    return b;
}

void
drop(struct bench *b)
{
    lease_clear(&b->l);
    task_clear(&b->t);
}

enum task_state
state_of(struct db *db, int64_t task)
{
    struct task t = store_task(db, task);
    enum task_state state = t.state;

    task_clear(&t);
    return state;
}

enum run_state
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

int64_t
store_profiled(struct bench *b, const char *fingerprint, int64_t now_ms)
{
    int64_t task, job = store_job(b->s, "ann", 0, dev_a, 1, &task);

    return store_profile(b->s, job, task, "a", fingerprint, now_ms);
}

const double store_epochs_ns[STORE_EPOCHS] = { 99, 100, 100.125, 101 };

int64_t
store_measure(struct bench *b, const struct measure *m)
{
    struct err err = { 0 };
    int64_t id;

    OK(db_measure_add(b->db, m, store_epochs_ns, STORE_EPOCHS, &id, &err));
    return id;
}
