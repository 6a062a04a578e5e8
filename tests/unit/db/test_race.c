/* SPDX-License-Identifier: MIT */
/*
 * Many callers at once, and callers killed in the middle: no task is leased
 * twice, and nothing that was acknowledged is lost.
 *
 * A caller tells its parent what was acknowledged by writing a fixed record
 * to a pipe after the store said ST_OK.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit/db/store.h"

/* ThreadSanitizer takes ten times as long, and finds races in fewer. */
#ifdef __SANITIZE_THREAD__
enum { CALLERS = 4, TASKS = 800, KILLS = 2 };
#else
enum { CALLERS = 8, TASKS = 2000, KILLS = 5 };
#endif

/* What a caller did: leased, and finished where `done`. */
struct record {
    int64_t task, lease, done;
};

static void
add_tasks(struct store *s, int n)
{
    struct err err = { 0 };
    int64_t id;

    for (int i = 0; i < n; i++) {
        char owner[8];
        struct task_offer o = { .kind = TASK_SEARCH,
            .owner = owner,
            .payload = "{}",
            .priority = i % 3,
            .now_ms = T0 };

        snprintf(owner, sizeof(owner), "u%d", i % 5);
        OK(db_task_add(s->db, &o, &id, &err));
    }
}

/* Lease and finish until nothing is left; tell `out`. */
static void
work(const struct store *s, int number, int64_t now_ms, int out)
{
    struct db *db = store_again(s);
    char name[16], session[65];
    struct lease l;
    struct task t;
    enum status st;

    snprintf(name, sizeof(name), "w%d", number);
    store_session(db, name, NULL, 0, now_ms, session);
    while ((st = store_lease(db, session, NULL, now_ms, &l, &t)) == ST_OK) {
        struct record r = { t.id, l.id, 0 };

        assert_int_equal(write(out, &r, sizeof(r)), sizeof(r));
        assert_int_equal(store_finish(db, &l, "{}", now_ms, NULL), ST_OK);
        r.done = 1;
        assert_int_equal(write(out, &r, sizeof(r)), sizeof(r));
        lease_clear(&l);
        task_clear(&t);
    }
    assert_int_equal(st, ST_WAIT);
    db_close(db);
}

struct tally {
    int leased[TASKS + 1], done[TASKS + 1]; /* by task */
    int n_leased, n_done;
};

static void
count(struct tally *t, const struct record *r)
{
    assert_in_range(r->task, 1, TASKS);
    if (r->done)
        t->n_done++, t->done[r->task]++;
    else
        t->n_leased++, t->leased[r->task]++;
}

/* SQLite's connections must not be carried over a fork. */
static void
leave(struct store *s)
{
    db_close(s->db);
    s->db = NULL;
}

static pid_t
spawn(const struct store *s, int number, int64_t now_ms, int pipe_fds[2])
{
    pid_t pid = fork();

    if (pid == 0) {
        close(pipe_fds[0]);
        work(s, number, now_ms, pipe_fds[1]);
        _exit(0);
    }
    return pid;
}

static void
report(const char *who, int n, int64_t since_ns)
{
    double s = (double)(clock_ns() - since_ns) / 1e9;

    print_message("%d %s: %d tasks leased and finished in %.2f s, %.0f a "
                  "second\n",
        CALLERS, who, n, s, n / s);
}

static void
no_two_processes_get_one_task(void **state)
{
    struct store *s = *state;
    static struct tally t;
    struct record r;
    pid_t pid[CALLERS];
    int fds[2], status;
    int64_t start;

    add_tasks(s, TASKS);
    leave(s);
    assert_int_equal(pipe(fds), 0);
    start = clock_ns();
    for (int i = 0; i < CALLERS; i++)
        pid[i] = spawn(s, i, T0, fds);
    close(fds[1]);
    while (read(fds[0], &r, sizeof(r)) == sizeof(r))
        count(&t, &r);
    close(fds[0]);
    for (int i = 0; i < CALLERS; i++) {
        assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
        assert_int_equal(status, 0);
    }
    report("processes", TASKS, start);
    for (int i = 1; i <= TASKS; i++) {
        assert_int_equal(t.leased[i], 1);
        assert_int_equal(t.done[i], 1);
    }
    assert_int_equal(store_int(s, "SELECT count(*) FROM lease"), TASKS);
    assert_int_equal(
        store_int(s, "SELECT count(*) FROM task WHERE state = 'done'"), TASKS);
}

struct caller {
    const struct store *s;
    int number, out;
};

static void *
thread(void *arg)
{
    const struct caller *c = arg;

    work(c->s, c->number, T0, c->out);
    return NULL;
}

static void
no_two_threads_get_one_task(void **state)
{
    enum { FEW = 400 };
    struct store *s = *state;
    static struct tally t;
    struct caller callers[CALLERS];
    pthread_t threads[CALLERS];
    struct record r;
    int64_t start;
    int fds[2];
    FILE *f = tmpfile(); /* a pipe could fill up: nobody reads yet */

    assert_non_null(f);
    fds[1] = fileno(f);
    add_tasks(s, FEW);
    start = clock_ns();
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){ s, i, fds[1] };
        assert_int_equal(
            pthread_create(&threads[i], NULL, thread, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    report("threads", FEW, start);
    rewind(f);
    while (fread(&r, sizeof(r), 1, f) == 1)
        count(&t, &r);
    fclose(f);
    assert_int_equal(t.n_leased, FEW);
    for (int i = 1; i <= FEW; i++)
        assert_int_equal(t.done[i], 1);
}

/* Read what the callers tell until `n` records came, or (n < 0) the end. */
static void
listen_to(int fd, struct tally *t, int n)
{
    struct record r;

    while (n-- != 0 && read(fd, &r, sizeof(r)) == sizeof(r))
        count(t, &r);
}

static void
kill_one_round(struct store *s, struct tally *t, int round)
{
    int64_t now = T0 + (int64_t)round * 2 * TTL_MS, n;
    struct err err = { 0 };
    pid_t pid[CALLERS];
    int fds[2], status;

    leave(s);
    assert_int_equal(pipe(fds), 0);
    for (int i = 0; i < CALLERS; i++)
        pid[i] = spawn(s, i, now, fds);
    close(fds[1]);
    /* In the middle of their work, whatever they are writing. */
    listen_to(fds[0], t, 200);
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(kill(pid[i], SIGKILL), 0);
    listen_to(fds[0], t, -1);
    close(fds[0]);
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
    s->db = store_again(s);
    OK(db_queue_sweep(s->db, now + TTL_MS, &n, &err));
}

static void
what_was_acknowledged_survives_sigkill(void **state)
{
    struct store *s = *state;
    static struct tally t;
    int fds[2], status;
    pid_t pid;

    add_tasks(s, TASKS);
    for (int round = 0; round < KILLS; round++)
        kill_one_round(s, &t, round);
    assert_true(t.n_done < TASKS);
    for (int i = 1; i <= TASKS; i++) {
        assert_in_range(t.done[i], 0, 1);
        if (t.done[i] == 0)
            continue;
        assert_int_equal(state_of(s->db, i), TASK_DONE);
    }
    /* What is left is done by a caller that nobody kills. */
    leave(s);
    assert_int_equal(pipe(fds), 0);
    pid = spawn(s, 99, T0 + KILLS * 2 * TTL_MS, fds);
    close(fds[1]);
    listen_to(fds[0], &t, -1);
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(
        store_int(s, "SELECT count(*) FROM task WHERE state = 'done'"), TASKS);
    assert_int_equal(
        store_int(s, "SELECT count(*) FROM lease WHERE state = 'done'"), TASKS);
    assert_int_equal(
        store_int(s, "SELECT count(*) FROM lease WHERE state = 'active'"), 0);
    assert_int_equal(
        store_int(s, "SELECT count(*) FROM"
                     " (SELECT quick_check FROM pragma_quick_check)"
                     " WHERE quick_check <> 'ok'"),
        0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        T(no_two_processes_get_one_task),
        T(no_two_threads_get_one_task),
        T(what_was_acknowledged_survives_sigkill),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
