/* SPDX-License-Identifier: MIT */
/*
 * The workers that the server starts.  The worker here is a script in PATH
 * that writes what it was given to a pipe with a name, so that the test waits
 * for it by reading.
 */
#include "unit/server/call.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "server/spawn.h"

struct report {
    int pid;
    char args[256], token[128];
};

static void
make_worker(const struct service *s, char *pipe, size_t cap)
{
    char path[128], text[512];
    int n;

    snprintf(pipe, cap, "%s/pipe", s->dir);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    snprintf(path, sizeof(path), "%s/offramp-worker", s->dir);
    n = snprintf(text, sizeof(text),
        "#!/bin/sh\necho \"$$ $OFFRAMP_TOKEN $*\" >%s\n"
        "sleep 1000 & wait\n",
        pipe);
    assert_int_equal(file_write(path, text, (size_t)n, NULL), ST_OK);
    assert_int_equal(chmod(path, 0700), 0);
    snprintf(text, sizeof(text), "%s:/usr/bin:/bin", s->dir);
    assert_int_equal(setenv("PATH", text, 1), 0);
}

/* The next worker's report; waits for one to start. */
static struct report
next_report(FILE *f)
{
    struct report r = { 0 };

    assert_int_equal(
        fscanf(f, "%d %127s %255[^\n]", &r.pid, r.token, r.args), 3);
    return r;
}

static void
a_dead_worker_is_started_again_and_ended_with_us(void **state)
{
    struct service *s = *state;
    struct spawn *spawn;
    struct report first, second;
    char path[96], want[256], hash[HASH_HEX];
    FILE *pipe;

    make_worker(s, path, sizeof(path));
    /* For writing too: it does not end when a worker does. */
    pipe = fopen(path, "r+e");
    assert_non_null(pipe);
    assert_int_equal(spawn_new(&spawn, s->server, 1, NULL), ST_OK);
    assert_int_equal(spawn_start(spawn, "http://127.0.0.1:1", NULL), ST_OK);
    first = next_report(pipe);
    snprintf(want, sizeof(want),
        "--server http://127.0.0.1:1 --id local-worker-1 --spool "
        "%s.workers/local-worker-1 --link 127.0.0.1",
        s->path);
    assert_string_equal(first.args, want);
    hash_bytes(first.token, strlen(first.token), hash);
    assert_string_equal(server_trusted(s->server, hash), "local-worker-1");
    assert_int_equal(getpgid(first.pid), first.pid);

    assert_int_equal(kill(-first.pid, SIGKILL), 0);
    second = next_report(pipe);
    assert_int_not_equal(second.pid, first.pid);
    assert_string_equal(second.token, first.token);
    spawn_stop(spawn);
    fclose(pipe);
    assert_int_equal(kill(second.pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void
no_worker_is_said_so(void **state)
{
    struct service *s = *state;
    struct err err = { 0 };
    struct spawn *spawn;

    assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
    assert_int_equal(spawn_new(&spawn, s->server, 1, &err), ST_NOT_FOUND);
    assert_string_equal(err.code, "spawn.no_worker");
    assert_null(spawn);
}

int
main(void)
{
#define TEST(f)                                                                \
    cmocka_unit_test_setup_teardown(f, service_setup, service_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_dead_worker_is_started_again_and_ended_with_us),
        TEST(no_worker_is_said_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
