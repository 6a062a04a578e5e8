/* SPDX-License-Identifier: MIT */
/*
 * bench_rest -- what the REST API costs: a real offrampd with its durable
 * store, told against the same machine without it in the same run.
 *
 *     bench_rest            about two minutes; prints one table
 *
 * Reads are told against libmicrohttpd alone answering as many bytes; cycles
 * of a lease and its result against raw durable commits (each cycle commits
 * twice); a thousand waiting agents against one or two: equal ones, and boards
 * of which each task is for one.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/rest.h"
#include "base/version.h"
#include "bench/rest/baseline.h"
#include "bench/rest/waiters.h"
#include "db/blob.h"
#include "db/dataset.h"
#include "db/queue.h"
#include "e2e/daemon.h"

enum {
    READS = 3000,
    CALLERS = 4,
    CYCLES = 500, /* of each caller */
    AGENTS = 1000,
    STARTS = 100,
    IDLE_S = 10,
};

static void
must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The q-quantile of `n` numbers, which are sorted. */
static double
quantile(double *v, size_t n, double q)
{
    qsort(v, n, sizeof(v[0]), by_size);
    return v[(size_t)(q * (double)(n - 1) + 0.5)];
}

/* ---- reads ---- */

struct spread {
    double median_us, p99_us;
    size_t bytes; /* of an answer */
};

static struct spread
read_often(const char *url, const char *path)
{
    static double us[READS];
    struct spread s = { 0 };
    struct rest *rest;

    must(rest_open(&rest, url, NULL, NULL) == ST_OK, url);
    for (size_t i = 0; i < READS; i++) {
        struct rest_answer a = { 0 };
        int64_t t0 = clock_ns();

        must(rest_do(rest, &(struct rest_call){ .method = "GET", .path = path },
                 &a, NULL) == ST_OK &&
                 a.http == 200,
            path);
        us[i] = (double)(clock_ns() - t0) / 1e3;
        s.bytes = a.len;
        rest_answer_clear(&a);
    }
    rest_close(rest);
    s.median_us = quantile(us, READS, 0.5);
    s.p99_us = quantile(us, READS, 0.99);
    return s;
}

static void
bench_reads(const char *url)
{
    static const char *const paths[] = { "/v1/datasets/1",
        "/v1/datasets?limit=50", "/v1/devices" };

    printf("%-24s %8s %10s %10s %9s %9s\n", "read", "bytes", "median us",
        "p99 us", "x median", "x p99");
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct spread got = read_often(url, paths[i]), bare;
        char echo_url[80];
        pid_t echo = baseline_echo(got.bytes > 2 ? got.bytes : 2, echo_url);

        bare = read_often(echo_url, "/");
        kill(echo, SIGKILL);
        waitpid(echo, NULL, 0);
        printf("%-24s %8zu %10.0f %10.0f %9.2f %9.2f\n", paths[i], got.bytes,
            got.median_us, got.p99_us, got.median_us / bare.median_us,
            got.p99_us / bare.p99_us);
        printf("%-24s %8zu %10.0f %10.0f\n", "  bare libmicrohttpd", bare.bytes,
            bare.median_us, bare.p99_us);
    }
}

/* ---- leases and results ---- */

static enum status
add_tasks(struct db *db, void *ctx, struct err *err)
{
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < CALLERS * CYCLES; i++) {
        struct task_offer o = { .kind = TASK_DATASET,
            .payload = "{\"inputs\":\"x\"}",
            .blobs = "[]",
            .now_ms = clock_utc_ms() };
        struct dataset d = {
            .name = (char *)"d", .inputs = ctx, .created_ms = o.now_ms
        };
        int64_t id;

        if ((st = db_dataset_add(db, &d, &o.dataset, err)) == ST_OK)
            st = db_task_add(db, &o, &id, err);
    }
    return st;
}

static void
fill_queue(const char *path, char blob[HASH_HEX])
{
    struct db *db;

    must(db_open(&db, path, NULL) == ST_OK &&
             db_blob_put(db, "x", 1, clock_utc_ms(), blob, NULL) == ST_OK &&
             db_tx(db, add_tasks, blob, NULL) == ST_OK,
        "filling the queue");
    db_close(db);
}

static int64_t
member(const struct rest_answer *a, const char *name)
{
    return json_integer_value(json_object_get(a->json, name));
}

struct caller {
    pthread_t thread;
    const char *url;
    int number;
};

static void
cycle(struct rest *rest, const char *session)
{
    json_t *one = json_pack("{s:i}", "free", 1);
    json_t *done = json_pack("{s:s, s:{s:i, s:[i], s:s}}", "status", "done",
        "result", "n", 1, "shape", 1, "dtype", "u1");
    char path[160], header[64];
    struct rest_answer a = { 0 };

    snprintf(path, sizeof(path), "/v1/sessions/%s/lease", session);
    must(rest_do(rest,
             &(struct rest_call){ .method = "POST", .path = path, .json = one },
             &a, NULL) == ST_OK &&
             a.http == 200,
        "a lease");
    snprintf(path, sizeof(path), "/v1/leases/%lld/result",
        (long long)member(&a, "lease"));
    snprintf(header, sizeof(header), "Lease-Epoch: %lld",
        (long long)member(&a, "epoch"));
    rest_answer_clear(&a);
    must(
        rest_do(rest,
            &(struct rest_call){
                .method = "PUT", .path = path, .json = done, .header = header },
            &a, NULL) == ST_OK &&
            a.http == 201,
        "a result");
    rest_answer_clear(&a);
    json_decref(one);
    json_decref(done);
}

static void *
call_on(void *ctx)
{
    const struct caller *c = ctx;
    json_t *body = json_pack(
        "{s:s, s:[s]}", "version", OFFRAMP_VERSION, "kinds", "dataset");
    struct rest_answer a = { 0 };
    struct rest *rest;
    char path[64], session[80];

    snprintf(path, sizeof(path), "/v1/agents/caller-%d/sessions", c->number);
    must(rest_open(&rest, c->url, NULL, NULL) == ST_OK &&
             rest_do(rest,
                 &(struct rest_call){
                     .method = "POST", .path = path, .json = body },
                 &a, NULL) == ST_OK &&
             a.http == 201,
        "a session");
    snprintf(session, sizeof(session), "%s",
        json_string_value(json_object_get(a.json, "session")));
    rest_answer_clear(&a);
    json_decref(body);
    for (int i = 0; i < CYCLES; i++)
        cycle(rest, session);
    rest_close(rest);
    return NULL;
}

static void
bench_cycles(const char *url, double commits)
{
    struct caller callers[CALLERS];
    int64_t t0 = clock_ns();
    double rate;

    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){ .url = url, .number = i };
        must(
            pthread_create(&callers[i].thread, NULL, call_on, &callers[i]) == 0,
            "a thread");
    }
    for (int i = 0; i < CALLERS; i++)
        pthread_join(callers[i].thread, NULL);
    rate = CALLERS * CYCLES / ((double)(clock_ns() - t0) / 1e9);
    printf("\nlease + result: %.0f cycles/s with %d callers; raw durable "
           "commits: %.0f/s; %.2f of a commit's rate for two commits\n",
        rate, CALLERS, commits, rate / commits);
}

/* ---- agents that wait ---- */

/* Processor time of a process so far, in s. */
static double
cpu_s(pid_t pid)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    const char *at;
    size_t n;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    must((f = fopen(path, "re")) != NULL, path);
    n = fread(text, 1, sizeof(text) - 1, f);
    text[n] = '\0';
    fclose(f);
    must((at = strrchr(text, ')')) != NULL &&
             sscanf(at + 2,
                 "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                 &system) == 2,
        path);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* Something to do for one of `n` agents, by its number on the server; the
 * time at which it was sent. */
static int64_t
add_work(struct rest *rest, enum waiters_are are, json_t *body, int64_t *number)
{
    bool board = are == WAITERS_BOARDS;
    struct rest_answer a = { 0 };
    int64_t t0 = clock_ns();

    must(rest_do(rest,
             &(struct rest_call){ .method = "POST",
                 .path = board ? "/v1/links" : "/v1/datasets",
                 .json = body },
             &a, NULL) == ST_OK &&
             a.http == 201,
        "adding work");
    *number = member(&a, "id");
    rest_answer_clear(&a);
    json_decref(body);
    return t0;
}

/* Nobody answers for the other end of the link. */
static void
cancel_link(struct rest *rest, int64_t number)
{
    struct rest_answer a = { 0 };
    char path[64];

    snprintf(path, sizeof(path), "/v1/links/%lld:cancel", (long long)number);
    must(rest_do(rest, &(struct rest_call){ .method = "POST", .path = path },
             &a, NULL) == ST_OK &&
             a.http == 202,
        path);
    rest_answer_clear(&a);
}

/* How often agents were called so far. */
static long long
woken(struct rest *rest)
{
    static const char name[] = "\nofframp_agents_woken_total ";
    struct rest_answer a = { 0 };
    const char *at;
    long long n;

    must(rest_do(rest,
             &(struct rest_call){ .method = "GET", .path = "/metrics" }, &a,
             NULL) == ST_OK &&
             a.http == 200 && (at = strstr(a.body, name)) != NULL,
        "reading the metrics");
    n = atoll(at + strlen(name));
    rest_answer_clear(&a);
    return n;
}

static json_t *
work_for(enum waiters_are are, const char *blob, size_t n, size_t i)
{
    if (are == WAITERS_EQUAL)
        return json_pack("{s:s}", "inputs", blob);
    return json_pack("{s:s, s:o}", "from", "bench-0", "to",
        json_sprintf("bench-%zu", 1 + i * 37 % (n - 1)));
}

/* Idle-to-start with `n` agents waiting: median and p99 in ms. */
static void
bench_waiting(const struct daemon *d, const char *blob, enum waiters_are are,
    size_t n, double out[2])
{
    static double ms[STARTS];
    struct waiters *w = waiters_new(d->url, n, are);
    struct rest *rest;
    double before, share;
    long long calls;

    clock_sleep_ns(2000000000); /* all are suspended now */
    before = cpu_s(d->pid);
    clock_sleep_ns(IDLE_S * INT64_C(1000000000));
    share = (cpu_s(d->pid) - before) / IDLE_S;
    must(rest_open(&rest, d->url, NULL, NULL) == ST_OK, d->url);
    before = cpu_s(d->pid);
    calls = woken(rest);
    for (size_t i = 0; i < STARTS; i++) {
        int64_t number,
            t0 = add_work(rest, are, work_for(are, blob, n, i), &number);

        ms[i] = (double)(waiters_next(w) - t0) / 1e6;
        if (are == WAITERS_BOARDS)
            cancel_link(rest, number);
    }
    out[0] = quantile(ms, STARTS, 0.5);
    out[1] = quantile(ms, STARTS, 0.99);
    printf("%5zu %s wait: %4.1f %% of a core, %ld MB; idle to start: median "
           "%.1f ms, p99 %.1f ms; a task calls %.2f of them and takes %.1f ms "
           "of the server's processor time\n",
        n, are == WAITERS_BOARDS ? "boards" : "equal agents", 100 * share,
        daemon_rss_kb(d) / 1024, out[0], out[1],
        (double)(woken(rest) - calls) / STARTS,
        1e3 * (cpu_s(d->pid) - before) / STARTS);
    rest_close(rest);
    waiters_free(w);
}

int
main(void)
{
    char dir[] = "/tmp/offramp-bench-XXXXXX", path[80], blob[HASH_HEX];
    double commits, few[2], many[2];
    struct daemon d;

    must(hash_start(NULL) == ST_OK && mkdtemp(dir) != NULL, "the start");
    snprintf(path, sizeof(path), "%s/s.db", dir);
    fill_queue(path, blob);
    commits = baseline_commits(dir, 2);
    daemon_start(
        &d, (const char *const[]){ "--db", path, "--listen", "127.0.0.1:0",
                "--no-worker", "--log-level", "error", NULL });
    bench_reads(d.url);
    bench_cycles(d.url, commits);
    printf("\n");
    for (int are = WAITERS_EQUAL; are <= WAITERS_BOARDS; are++) {
        bench_waiting(&d, blob, are, are == WAITERS_BOARDS ? 2 : 1, few);
        bench_waiting(&d, blob, are, AGENTS, many);
        printf("%d against that: %.2f x the median, %.2f x the p99\n", AGENTS,
            many[0] / few[0], many[1] / few[1]);
    }
    daemon_end(&d, SIGTERM);
    must(file_rmtree(dir, NULL) == ST_OK, dir);
    return 0;
}
