/* SPDX-License-Identifier: MIT */
#include "e2e/daemon.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum { OPTIONS_MAX = 32, START_TRIES = 10 };

static pid_t
spawn(const char *const *options, int *out)
{
    const char *argv[OPTIONS_MAX + 2] = { "offrampd" };
    int ends[2];
    pid_t pid;

    for (int i = 0; options[i] != NULL; i++) {
        assert_in_range(i, 0, OPTIONS_MAX - 1);
        argv[i + 1] = options[i];
    }
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(ends[1], STDOUT_FILENO);
        execv(OFFRAMP_BIN "/offrampd", (char **)argv);
        _exit(127);
    }
    close(ends[1]);
    *out = ends[0];
    return pid;
}

/* One line from `fd` without its end; false where there is none. */
static int
read_line(int fd, char *line, size_t cap)
{
    size_t n = 0;

    while (n < cap - 1 && read(fd, line + n, 1) == 1 && line[n] != '\n')
        n++;
    line[n] = '\0';
    return n > 0;
}

void
daemon_start(struct daemon *d, const char *const *options)
{
    /* After a restart on the same port that port can for a moment be the
     * local end of somebody's connection attempt: then try again. */
    for (int i = 0; i < START_TRIES; i++) {
        int64_t t0 = clock_ns();

        d->pid = spawn(options, &d->out);
        if (read_line(d->out, d->url, sizeof(d->url))) {
            d->started_ns = clock_ns() - t0;
            return;
        }
        close(d->out);
        assert_int_equal(waitpid(d->pid, NULL, 0), d->pid);
        clock_sleep_ns(50000000);
    }
    fail_msg("offrampd did not start");
}

int
daemon_refusal(const char *const *options)
{
    char line[80];
    int out, status;
    pid_t pid = spawn(options, &out);

    assert_false(read_line(out, line, sizeof(line)));
    close(out);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int
daemon_end(struct daemon *d, int sig)
{
    int status;

    assert_int_equal(kill(d->pid, sig), 0);
    assert_int_equal(waitpid(d->pid, &status, 0), d->pid);
    close(d->out);
    d->pid = 0;
    return status;
}

int64_t
daemon_cpu_ns(const struct daemon *d)
{
    struct timespec t;
    clockid_t id;

    assert_int_equal(clock_getcpuclockid(d->pid, &id), 0);
    assert_int_equal(clock_gettime(id, &t), 0);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

long
daemon_rss_kb(const struct daemon *d)
{
    char path[64], line[128];
    long kb = -1;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%ld/status", (long)d->pid);
    f = fopen(path, "re");
    assert_non_null(f);
    while (kb < 0 && fgets(line, sizeof(line), f) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = atol(line + 6);
    fclose(f);
    return kb;
}
