/* SPDX-License-Identifier: MIT */
#include "probes/agent/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

enum { LINE_MAX_BYTES = 4096, ASK_MAX_BYTES = 1 << 20, ASK_S = 60 };
static const int64_t grace_ns = 5 * INT64_C(1000000000);

enum { FD_PID, FD_OUT, FD_PARTS, FD_BELL, FD_STOP, FD_COUNT };

struct child {
    pid_t pid;
    struct pollfd fds[FD_COUNT];
    const struct child_watch *w;
    enum child_why why;
    int64_t kill_ns; /* when SIGKILL follows SIGTERM; INT64_MAX: not asked */
    char line[LINE_MAX_BYTES];
    size_t len;
    bool skip; /* the line is too long: skipped up to its end */
};

static void
take_char(struct child *c, char ch)
{
    if (ch != '\n') {
        if (c->len + 1 < sizeof(c->line))
            c->line[c->len++] = ch;
        else
            c->skip = true;
        return;
    }
    c->line[c->len] = '\0';
    if (!c->skip && c->len > 0)
        c->w->progress(c->w->ctx, c->line);
    c->len = 0;
    c->skip = false;
}

/* Read what there is.  At the end of the pipe it is watched no more. */
static void
read_progress(struct child *c)
{
    char chunk[4096];
    ssize_t n = read(c->fds[FD_OUT].fd, chunk, sizeof(chunk));

    for (ssize_t i = 0; i < n; i++)
        take_char(c, chunk[i]);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        close(c->fds[FD_OUT].fd);
        c->fds[FD_OUT].fd = -1;
    }
}

static void
read_parts(struct child *c)
{
    char events[4096];

    if (read(c->fds[FD_PARTS].fd, events, sizeof(events)) > 0)
        c->w->part(c->w->ctx);
}

/* Ask the whole group to end; SIGKILL follows after the grace. */
static void
ask_to_end(struct child *c, enum child_why why)
{
    if (c->why != CHILD_LET)
        return;
    c->why = why;
    c->kill_ns = clock_ns() + grace_ns;
    kill(-c->pid, SIGTERM);
}

static int
timeout_ms(const struct child *c)
{
    int64_t at = c->why == CHILD_LET ? c->w->deadline_ns : c->kill_ns;
    int64_t left_ms = (at - clock_ns()) / 1000000 + 1;

    return left_ms < 0 ? 0 : left_ms > 3600000 ? 3600000 : (int)left_ms;
}

static void
look_at_clock(struct child *c)
{
    int64_t now = clock_ns();

    if (now >= c->w->deadline_ns)
        ask_to_end(c, CHILD_DEADLINE);
    if (c->why != CHILD_LET && now >= c->kill_ns) {
        kill(-c->pid, SIGKILL);
        c->kill_ns = INT64_MAX;
    }
}

static void
watch_until_end(struct child *c)
{
    while (!(c->fds[FD_PID].revents & POLLIN)) {
        if (poll(c->fds, FD_COUNT, timeout_ms(c)) < 0)
            continue; /* a signal: its eventfd tells */
        if (c->fds[FD_OUT].revents)
            read_progress(c);
        if (c->fds[FD_PARTS].revents)
            read_parts(c);
        if (c->fds[FD_BELL].revents && c->w->cancelled(c->w->ctx))
            ask_to_end(c, CHILD_CANCELLED);
        if (c->fds[FD_STOP].revents) {
            ask_to_end(c, CHILD_STOPPED);
            c->fds[FD_STOP].fd = -1; /* stays readable: once is enough */
        }
        look_at_clock(c);
    }
}

static int
watch_parts(const struct folder *f)
{
    char path[PATH_MAX];
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    folder_path(f, "parts", path);
    if (fd >= 0 && inotify_add_watch(fd, path, IN_MOVED_TO) < 0) {
        close(fd);
        fd = -1;
    }
    if (fd < 0) /* parts are then sent with the result */
        log_warn("parts cannot be watched: %s", strerror(errno));
    return fd;
}

static void
close_fds(struct child *c)
{
    for (int i = FD_PID; i <= FD_PARTS; i++)
        if (c->fds[i].fd >= 0)
            close(c->fds[i].fd);
}

enum status
child_run(const struct folder *f, const struct child_watch *w,
    struct child_end *out, struct err *err)
{
    char log_path[PATH_MAX];
    char *const argv[] = { (char *)"task", (char *)"run-task", (char *)f->path,
        NULL };
    const struct spawn s = { .argv = argv,
        .log_path = log_path,
        .memory_bytes = w->memory_bytes,
        .cpu_s = w->cpu_s };
    struct child c = { .w = w, .kill_ns = INT64_MAX };
    enum status st;

    folder_path(f, "log", log_path);
    for (int i = 0; i < FD_COUNT; i++)
        c.fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
    c.fds[FD_BELL].fd = w->bell_fd;
    c.fds[FD_STOP].fd = w->stop->fd;
    c.fds[FD_PARTS].fd = watch_parts(f);
    if ((st = spawn_self(&s, &c.pid, &c.fds[FD_OUT].fd, err)) != ST_OK)
        goto out;
    fcntl(c.fds[FD_OUT].fd, F_SETFL, O_NONBLOCK);
    if ((c.fds[FD_PID].fd = pidfd_open(c.pid, 0)) < 0)
        st = err_errno(err, "pidfd_open");
    else
        watch_until_end(&c);
    /* Before the child is reaped its group cannot be anyone else's. */
    kill(-c.pid, SIGKILL);
    while (waitpid(c.pid, &out->wait_status, 0) < 0 && errno == EINTR)
        ;
    out->why = c.why;
    while (
        st == ST_OK && c.fds[FD_OUT].fd >= 0 && poll(&c.fds[FD_OUT], 1, 0) > 0)
        read_progress(&c);
out:
    close_fds(&c);
    return st;
}

enum status
child_ask(const char *verb, json_t **out, struct err *err)
{
    char *const argv[] = { (char *)"ask", (char *)verb, NULL };
    const struct spawn s = { .argv = argv, .cpu_s = ASK_S };
    struct pollfd p = { .events = POLLIN };
    int64_t end_ns = clock_ns() + ASK_S * INT64_C(1000000000);
    struct buf text;
    char chunk[4096];
    enum status st;
    ssize_t n = 1;
    int status = 0;
    pid_t pid;

    *out = NULL;
    buf_init(&text, ASK_MAX_BYTES);
    if ((st = spawn_self(&s, &pid, &p.fd, err)) != ST_OK)
        return st;
    while (st == ST_OK && n > 0) {
        int64_t left_ms = (end_ns - clock_ns()) / 1000000;

        if (left_ms <= 0 || poll(&p, 1, (int)left_ms) == 0)
            st = err_set(err, ST_TIMEOUT, "device.hung",
                "'%s' did not end within %d s", verb, ASK_S);
        else if ((n = read(p.fd, chunk, sizeof(chunk))) > 0)
            st = buf_add(&text, chunk, (size_t)n, err);
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    kill(-pid, SIGKILL);
    close(p.fd);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (st == ST_OK && text.len == 0)
        st = err_set(err, ST_UNAVAILABLE, "device.no_answer",
            "'%s' gave no answer; what it printed before this says why", verb);
    if (st == ST_OK)
        st = json_parse(text.data, text.len, out, err);
    buf_clear(&text);
    return st;
}
