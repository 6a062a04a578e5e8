/* SPDX-License-Identifier: MIT */
/*
 * 64 callers, 10,000 tasks, five SIGKILLs of the server in the middle: no
 * task is held twice under one fence, each result is accepted exactly once,
 * and no task is lost.
 *
 * The tasks check data sets, so that each result leaves a trace that tells
 * whose it is: the number that its caller made up.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/rest.h"
#include "base/version.h"
#include "db/blob.h"
#include "db/dataset.h"
#include "db/queue.h"
#include "e2e/daemon.h"

enum { CALLERS = 64, TASKS = 10000, KILLS = 5, GRANTS_MAX = 4 * TASKS };

/* One lease as its caller got it. */
struct grant {
    int64_t task, epoch, lease;
    int64_t number;    /* sent with the result; no two are equal */
    bool acknowledged; /* 201, or 200 after the answer was lost */
};

struct storm {
    char dir[64], db[96], url[80];
    struct daemon daemon;
    pthread_mutex_t lock;
    struct grant *grants; /* GRANTS_MAX; with the lock held */
    size_t n_grants;
    char trouble[512];  /* first thing that may not happen */
    atomic_int done;    /* acknowledged results */
    atomic_int refused; /* 410: the lease had ended while the server was away */
    atomic_int retries; /* calls that did not reach the server */
};

struct caller {
    struct storm *storm;
    int number;
    struct rest *rest;
    char session[80];
    int64_t sent; /* results so far */
};

static void
note_trouble(struct storm *s, const char *what, const struct rest_answer *a)
{
    pthread_mutex_lock(&s->lock);
    if (s->trouble[0] == '\0')
        snprintf(s->trouble, sizeof(s->trouble), "%s: %d %.300s", what, a->http,
            a->body ? a->body : "");
    pthread_mutex_unlock(&s->lock);
}

static bool
over(struct storm *s)
{
    bool trouble;

    pthread_mutex_lock(&s->lock);
    trouble = s->trouble[0] != '\0';
    pthread_mutex_unlock(&s->lock);
    return trouble || atomic_load(&s->done) >= TASKS;
}

/* Call until the server answers; false once all is over. */
static bool
insist(struct caller *c, const struct rest_call *call, struct rest_answer *a)
{
    while (!over(c->storm)) {
        if (rest_do(c->rest, call, a, NULL) == ST_OK) {
            if (a->http != 503)
                return true;
            rest_answer_clear(a);
        }
        atomic_fetch_add(&c->storm->retries, 1);
        clock_sleep_ns(20000000);
    }
    return false;
}

static bool
open_session(struct caller *c)
{
    json_t *body = json_pack(
        "{s:s, s:[s]}", "version", OFFRAMP_VERSION, "kinds", "dataset");
    struct rest_answer a = { 0 };
    char path[64];
    bool ok;

    snprintf(path, sizeof(path), "/v1/agents/caller-%d/sessions", c->number);
    ok = insist(c,
        &(struct rest_call){ .method = "POST", .path = path, .json = body },
        &a);
    if (ok && a.http != 201) {
        note_trouble(c->storm, "session", &a);
        ok = false;
    }
    if (ok)
        snprintf(c->session, sizeof(c->session), "%s",
            json_string_value(json_object_get(a.json, "session")));
    rest_answer_clear(&a);
    json_decref(body);
    return ok;
}

static int64_t
member(const struct rest_answer *a, const char *name)
{
    return json_integer_value(json_object_get(a->json, name));
}

/* Ask for a task; true with `g` filled where one came. */
static bool
lease(struct caller *c, struct grant *g)
{
    json_t *body = json_pack("{s:i}", "free", 1);
    struct rest_answer a = { 0 };
    char path[160];
    bool got = false;

    snprintf(path, sizeof(path), "/v1/sessions/%s/lease?wait=1", c->session);
    if (!insist(c,
            &(struct rest_call){ .method = "POST", .path = path, .json = body },
            &a)) {
        json_decref(body);
        return false;
    }
    if (a.http == 200) {
        *g = (struct grant){ .task = member(&a, "task"),
            .epoch = member(&a, "epoch"),
            .lease = member(&a, "lease"),
            .number = c->number * INT64_C(1000000) + ++c->sent };
        got = true;
    } else if (a.http == 410) {
        open_session(c); /* it was silent for too long */
    } else if (a.http != 204) {
        note_trouble(c->storm, "lease", &a);
    }
    rest_answer_clear(&a);
    json_decref(body);
    return got;
}

static void
send_result(struct caller *c, struct grant *g)
{
    json_t *body = json_pack("{s:s, s:{s:I, s:[i], s:s}}", "status", "done",
        "result", "n", (json_int_t)g->number, "shape", 1, "dtype", "u1");
    struct rest_answer a = { 0 };
    char path[64], header[64];

    snprintf(path, sizeof(path), "/v1/leases/%lld/result", (long long)g->lease);
    snprintf(header, sizeof(header), "Lease-Epoch: %lld", (long long)g->epoch);
    if (insist(c,
            &(struct rest_call){
                .method = "PUT", .path = path, .json = body, .header = header },
            &a)) {
        g->acknowledged = a.http == 201 || a.http == 200;
        if (a.http == 410)
            atomic_fetch_add(&c->storm->refused, 1);
        else if (!g->acknowledged)
            note_trouble(c->storm, "result", &a);
    }
    rest_answer_clear(&a);
    json_decref(body);
}

static void *
call_on(void *ctx)
{
    struct caller *c = ctx;
    struct storm *s = c->storm;
    struct grant g;
    size_t at;

    if (rest_open(&c->rest, s->url, NULL, NULL) != ST_OK || !open_session(c))
        return NULL;
    while (!over(s)) {
        if (!lease(c, &g))
            continue;
        send_result(c, &g);
        pthread_mutex_lock(&s->lock);
        if ((at = s->n_grants) < GRANTS_MAX)
            s->grants[s->n_grants++] = g;
        pthread_mutex_unlock(&s->lock);
        if (at == GRANTS_MAX)
            break;
        if (g.acknowledged)
            atomic_fetch_add(&s->done, 1);
    }
    rest_close(c->rest);
    return NULL;
}

static enum status
add_tasks(struct db *db, void *ctx, struct err *err)
{
    int64_t now_ms = clock_utc_ms(), id;
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < TASKS; i++) {
        struct dataset d = {
            .name = (char *)"storm", .inputs = ctx, .created_ms = now_ms
        };
        struct task_offer o = {
            .kind = TASK_DATASET, .payload = "{}", .now_ms = now_ms
        };

        if ((st = db_dataset_add(db, &d, &o.dataset, err)) == ST_OK)
            st = db_task_add(db, &o, &id, err);
        if (st == ST_OK && id != i + 1)
            st = err_set(err, ST_INTERNAL, NULL, "task %lld", (long long)id);
    }
    return st;
}

static void
fill_queue(const struct storm *s)
{
    char blob[HASH_HEX];
    struct err err = { 0 };
    struct db *db;

    assert_int_equal(db_open(&db, s->db, &err), ST_OK);
    assert_int_equal(
        db_blob_put(db, "x", 1, clock_utc_ms(), blob, &err), ST_OK);
    if (db_tx(db, add_tasks, blob, &err) != ST_OK)
        fail_msg("%s", err.text);
    db_close(db);
}

static void
start_server(struct storm *s, const char *where)
{
    const char *const options[] = { "--db", s->db, "--listen", where,
        "--no-worker", "--lease-ttl", "5", "--log-level", "warn", NULL };

    daemon_start(&s->daemon, options);
}

/* Kill and restart the server each time another sixth of the tasks is done,
 * until all are. */
static void
kill_in_the_middle(struct storm *s)
{
    const char *where = s->url + strlen("http://");
    int kills = 0;

    while (!over(s)) {
        if (kills < KILLS &&
            atomic_load(&s->done) >= (kills + 1) * (TASKS / (KILLS + 1))) {
            daemon_end(&s->daemon, SIGKILL);
            start_server(s, where);
            kills++;
        }
        clock_sleep_ns(1000000);
    }
    assert_int_equal(kills, KILLS);
}

static int
by_task_and_epoch(const void *a, const void *b)
{
    const struct grant *x = a, *y = b;

    if (x->task != y->task)
        return x->task < y->task ? -1 : 1;
    return (x->epoch > y->epoch) - (x->epoch < y->epoch);
}

/* Each data set holds the very number that was acknowledged. */
static void
check_store(const struct storm *s, const int64_t *number)
{
    struct err err = { 0 };
    int64_t attempts = 0;
    struct db *db;

    assert_int_equal(db_open(&db, s->db, &err), ST_OK);
    for (int64_t i = 1; i <= TASKS; i++) {
        struct dataset d = { 0 };
        struct task t = { 0 };
        char want[32];

        assert_int_equal(db_task_get(db, i, &t, &err), ST_OK);
        assert_int_equal(t.state, TASK_DONE);
        assert_int_equal(db_dataset_get(db, t.dataset, &d, &err), ST_OK);
        assert_int_equal(d.state, ITEM_READY);
        snprintf(want, sizeof(want), "\"n\":%lld,", (long long)number[i]);
        assert_non_null(strstr(d.info, want));
        attempts += t.attempt;
        dataset_clear(&d);
        task_clear(&t);
    }
    db_close(db);
    printf("%lld leases expired because their caller never heard of them\n",
        (long long)(attempts - TASKS));
}

static void
check_grants(struct storm *s)
{
    int64_t *number = calloc(TASKS + 1, sizeof(*number));

    assert_non_null(number);
    assert_in_range(s->n_grants, TASKS, GRANTS_MAX - 1);
    qsort(s->grants, s->n_grants, sizeof(*s->grants), by_task_and_epoch);
    for (size_t i = 0; i < s->n_grants; i++) {
        const struct grant *g = &s->grants[i];

        assert_in_range(g->task, 1, TASKS);
        if (i > 0 && g[-1].task == g->task && g[-1].epoch == g->epoch)
            fail_msg("task %lld was leased twice under epoch %lld",
                (long long)g->task, (long long)g->epoch);
        if (g->acknowledged && number[g->task] != 0)
            fail_msg(
                "two results of task %lld were accepted", (long long)g->task);
        if (g->acknowledged)
            number[g->task] = g->number;
    }
    for (int i = 1; i <= TASKS; i++)
        if (number[i] == 0)
            fail_msg("task %d was lost", i);
    check_store(s, number);
    free(number);
}

static void
no_task_is_done_twice_or_lost(void **state)
{
    static struct storm s = { .lock = PTHREAD_MUTEX_INITIALIZER };
    static struct caller callers[CALLERS];
    pthread_t threads[CALLERS];
    int64_t t0;

    (void)state;
    snprintf(s.dir, sizeof(s.dir), "/tmp/offramp-storm-XXXXXX");
    assert_non_null(mkdtemp(s.dir));
    snprintf(s.db, sizeof(s.db), "%s/s.db", s.dir);
    s.grants = calloc(GRANTS_MAX, sizeof(*s.grants));
    assert_non_null(s.grants);
    fill_queue(&s);
    start_server(&s, "127.0.0.1:0");
    memcpy(s.url, s.daemon.url, sizeof(s.url));
    t0 = clock_ns();
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){ .storm = &s, .number = i + 1 };
        assert_int_equal(
            pthread_create(&threads[i], NULL, call_on, &callers[i]), 0);
    }
    kill_in_the_middle(&s);
    for (int i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    printf("%d tasks, %d callers, %d kills: %.1f s, %zu leases, %d answers "
           "too late, %d calls repeated, %ld kB\n",
        TASKS, CALLERS, KILLS, (double)(clock_ns() - t0) / 1e9, s.n_grants,
        atomic_load(&s.refused), atomic_load(&s.retries),
        daemon_rss_kb(&s.daemon));
    if (s.trouble[0] != '\0')
        fail_msg("%s", s.trouble);
    assert_int_equal(daemon_end(&s.daemon, SIGTERM), 0);
    check_grants(&s);
    free(s.grants);
    assert_int_equal(file_rmtree(s.dir, NULL), ST_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_task_is_done_twice_or_lost),
    };

    if (hash_start(NULL) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
