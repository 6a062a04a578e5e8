/* SPDX-License-Identifier: MIT */
/* offrampd as a process: long polls, clients that hang up, limits on bodies
 * and headers. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "db/queue.h"
#include "e2e/poll.h"

/* Nobody waits for polls of 50 s (poll.c): well before is soon enough to show
 * it, on a busy machine too. */
enum { POLLS = 100, SOON_S = 25 };

static void
open_searcher(struct poll *p, const char *url, const char *agent)
{
    poll_open(p, url, agent, "search", NULL);
}

/* All who wait look again. */
static void
ring(const char *url)
{
    struct poll p;

    open_searcher(&p, url, "bell");
    poll_close(&p);
}

/* A task that a session of open_searcher() can lease.  Nobody is woken. */
static int64_t
add_task(const struct place *p)
{
    const struct task_offer o = {
        .kind = TASK_SEARCH, .payload = "{}", .now_ms = clock_utc_ms()
    };
    struct db *db;
    int64_t id;

    assert_int_equal(db_open(&db, p->db, NULL), ST_OK);
    assert_int_equal(db_task_add(db, &o, &id, NULL), ST_OK);
    db_close(db);
    return id;
}

static enum task_state
task_state(const struct place *p, int64_t id)
{
    enum task_state state;
    struct task t = { 0 };
    struct db *db;

    assert_int_equal(db_open(&db, p->db, NULL), ST_OK);
    assert_int_equal(db_task_get(db, id, &t, NULL), ST_OK);
    state = t.state;
    task_clear(&t);
    db_close(db);
    return state;
}

static int
threads_of(const struct daemon *d)
{
    char path[64];
    int n = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%ld/task", (long)d->pid);
    dir = opendir(path);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void
long_polls_hold_no_thread(void **state)
{
    static struct poll polls[POLLS];
    struct place *p = *state;
    char name[32];
    struct daemon d;
    int leases = 0, nothing = 0;
    int64_t t0;

    place_start(&d, p, NULL, NULL);
    for (int i = 0; i < POLLS; i++) {
        snprintf(name, sizeof(name), "w%d", i);
        open_searcher(&polls[i], d.url, name);
    }
    for (int i = 0; i < POLLS; i++)
        assert_int_equal(
            pthread_create(&polls[i].thread, NULL, poll_ask, &polls[i]), 0);
    poll_until(d.url, POLLS);
    t0 = clock_ns();
    place_get(d.url, "/healthz", 200, NULL);
    printf("%d polls wait: %d threads, %ld kB, /healthz in %.1f ms\n", POLLS,
        threads_of(&d), daemon_rss_kb(&d), (double)(clock_ns() - t0) / 1e6);
    assert_true(clock_ns() - t0 < SOON_S * INT64_C(1000000000));
    assert_in_range(threads_of(&d), 1, 12);
    assert_in_range(daemon_rss_kb(&d), 1, PLACE_RSS_MAX_KB);

    /* One task and a bell: one of them gets it, the others go on waiting. */
    add_task(p);
    ring(d.url);
    poll_until(d.url, POLLS - 1);
    t0 = clock_ns();
    place_stop(&d);
    assert_true(clock_ns() - t0 < SOON_S * INT64_C(1000000000));
    for (int i = 0; i < POLLS; i++) {
        pthread_join(polls[i].thread, NULL);
        leases += polls[i].http == 200;
        nothing += polls[i].http == 204;
    }
    assert_int_equal(leases, 1);
    assert_int_equal(nothing, POLLS - 1);
}

static void
a_poll_ends_when_its_time_is_over(void **state)
{
    struct poll poll;
    struct daemon d;
    int64_t t0;

    place_start(&d, *state, "--poll", "0.2");
    open_searcher(&poll, d.url, "w");
    t0 = clock_ns();
    poll_ask(&poll);
    assert_int_equal(poll.http, 204);
    assert_true(clock_ns() - t0 >= 200000000);
    place_stop(&d);
}

static void
say(int fd, const char *text)
{
    assert_int_equal(
        send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* The status of the answer. */
static int
hear(int fd)
{
    char line[13] = "";
    size_t n = 0;

    while (n < sizeof(line) - 1) {
        ssize_t got = recv(fd, line + n, sizeof(line) - 1 - n, 0);

        assert_true(got > 0);
        n += (size_t)got;
    }
    assert_memory_equal(line, "HTTP/1.1 ", 9);
    return atoi(line + 9);
}

static void
who_hangs_up_gets_no_task(void **state)
{
    struct place *p = *state;
    struct poll poll;
    struct daemon d;
    int64_t task;
    int fd;

    place_start(&d, p, NULL, NULL);
    open_searcher(&poll, d.url, "w");
    fd = poll_socket(&poll);
    poll_until(d.url, 1);
    close(fd);
    task = add_task(p);
    ring(d.url);
    poll_until(d.url, 0);
    place_stop(&d);
    assert_int_equal(task_state(p, task), TASK_QUEUED);
}

static void
bodies_over_their_cap_are_refused(void **state)
{
    static const char head[] = "POST /v1/models HTTP/1.1\r\nHost: localhost\r\n"
                               "Content-Type: application/json\r\n";
    static const char blob[] =
        "PUT /v1/blobs/sha256:"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        " HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        "Content-Length: 1048577\r\n\r\n";
    char chunk[1026];
    struct daemon d;
    int fd;

    memset(chunk, ' ', sizeof(chunk));
    memcpy(chunk + sizeof(chunk) - 3, "\r\n", 3);
    place_start(&d, *state, "--max-blob", "1");

    /* By its length, before anything of it is sent. */
    fd = poll_connect(d.url);
    say(fd, head);
    say(fd, "Content-Length: 65537\r\n\r\n");
    assert_int_equal(hear(fd), 413);
    close(fd);
    fd = poll_connect(d.url);
    say(fd, blob);
    assert_int_equal(hear(fd), 413);
    close(fd);

    /* Without a length, as it comes. */
    fd = poll_connect(d.url);
    say(fd, head);
    say(fd, "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 65; i++) {
        say(fd, "3ff\r\n");
        say(fd, chunk);
    }
    say(fd, "0\r\n\r\n");
    assert_int_equal(hear(fd), 413);
    close(fd);
    place_stop(&d);
}

static void
too_many_headers_are_refused(void **state)
{
    struct daemon d;
    char line[32];
    int fd;

    place_start(&d, *state, NULL, NULL);
    fd = poll_connect(d.url);
    say(fd, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n");
    for (int i = 0; i < 60; i++) {
        snprintf(line, sizeof(line), "X-%d: y\r\n", i);
        say(fd, line);
    }
    say(fd, "\r\n");
    assert_int_equal(hear(fd), 400);
    close(fd);
    place_get(d.url, "/healthz", 200, NULL);
    place_stop(&d);
}

/* Send `text` a byte at a time until the connection is cut; false: all of it
 * went through. */
static bool
drip(int fd, const char *text)
{
    for (; *text != '\0'; text++) {
        char byte;

        if (send(fd, text, 1, MSG_NOSIGNAL) != 1 ||
            recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0)
            return false;
        clock_sleep_ns(20000000);
    }
    return true;
}

/* A byte now and then is no silence, so a limit of silence lets it be. */
static void
a_head_that_drips_is_cut(void **state)
{
    char head[1200] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ";
    struct daemon d;
    int64_t t0;
    int fd;

    memset(head + strlen(head), 'x', sizeof(head) - 1 - strlen(head));
    place_start(&d, *state, "--head-timeout", "1.5");
    t0 = clock_ns();
    fd = poll_connect(d.url);
    assert_false(drip(fd, head));
    assert_true(clock_ns() - t0 >= 1500000000);
    close(fd);

    /* Another one, which is done in time, may go on for longer than that. */
    fd = poll_connect(d.url);
    say(fd, "POST /v1/models HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Type: application/json\r\nContent-Length: 90\r\n\r\n");
    memset(head, ' ', 88);
    memcpy(head + 88, "{}", 3);
    assert_true(drip(fd, head));
    assert_int_equal(hear(fd), 400);
    close(fd);
    place_stop(&d);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(long_polls_hold_no_thread),
        TEST(a_poll_ends_when_its_time_is_over),
        TEST(who_hangs_up_gets_no_task),
        TEST(bodies_over_their_cap_are_refused),
        TEST(too_many_headers_are_refused),
        TEST(a_head_that_drips_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
