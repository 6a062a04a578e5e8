/* SPDX-License-Identifier: MIT */
#include "probes/emulated/fresh.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct fresh {
    const struct fresh_work *work; /* borrowed */
    int fd;                        /* to the copy that is kept */
    pid_t pid;
};

/* What comes back: whole messages, the answer only where `ended` is 0. */
struct reply {
    int32_t ended; /* the status of a copy that did not answer, as wait() */
    _Alignas(max_align_t) uint8_t answer[FRESH_BYTES_MAX];
};

static size_t
reply_bytes(const struct fresh_work *w)
{
    return offsetof(struct reply, answer) + w->answer;
}

/* One whole message. */
static bool
take(int fd, void *data, size_t bytes)
{
    ssize_t n;

    do
        n = recv(fd, data, bytes, 0);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)bytes;
}

static bool
give(int fd, const void *data, size_t bytes)
{
    ssize_t n;

    do
        n = send(fd, data, bytes, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)bytes;
}

/* In a new copy: never returns. */
static void
answer(const struct fresh_work *w, int fd, const void *question)
{
    struct reply r;

    memset(&r, 0, sizeof(r));
    w->run(question, r.answer);
    _exit(give(fd, &r, reply_bytes(w)) ? 0 : 1);
}

/* The copy that is kept: never returns. */
static void
serve(const struct fresh_work *w, int fd)
{
    _Alignas(max_align_t) uint8_t question[FRESH_BYTES_MAX];
    struct reply lost;

    memset(&lost, 0, sizeof(lost));
    for (bool opened = false; take(fd, question, w->question); opened = true) {
        int status = -1; /* no copy could be made */
        pid_t pid;

        if (!opened && w->open != NULL)
            w->open();
        if ((pid = fork()) == 0)
            answer(w, fd, question);
        while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        lost.ended = status;
        if (status != 0 && !give(fd, &lost, reply_bytes(w)))
            break;
    }
    _exit(0);
}

enum status
fresh_start(struct fresh **out, const struct fresh_work *work, struct err *err)
{
    struct fresh *f = calloc(1, sizeof(*f));
    int ends[2];
    enum status st = ST_OK;

    *out = NULL;
    if (f == NULL)
        return err_nomem(err);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        st = err_errno(err, "socketpair");
        free(f);
        return st;
    }
    *f = (struct fresh){ .work = work, .fd = ends[0], .pid = fork() };
    if (f->pid == 0) {
        close(ends[0]);
        serve(work, ends[1]);
    }
    close(ends[1]);
    if (f->pid < 0) {
        st = err_errno(err, "fork");
        close(f->fd);
        free(f);
        return st;
    }
    *out = f;
    return ST_OK;
}

enum status
fresh_ask(struct fresh *f, const void *question, void *out, struct err *err)
{
    struct reply r;

    if (!give(f->fd, question, f->work->question) ||
        !take(f->fd, &r, reply_bytes(f->work)))
        return err_set(err, ST_UNAVAILABLE, "device.crashed",
            "the process that copies are made of is gone");
    if (r.ended != 0 && WIFSIGNALED(r.ended))
        return err_set(err, ST_UNAVAILABLE, "device.crashed",
            "the process ended by signal %d", WTERMSIG(r.ended));
    if (r.ended != 0)
        return err_set(err, ST_UNAVAILABLE, "device.crashed",
            "the process ended without an answer");
    memcpy(out, r.answer, f->work->answer);
    return ST_OK;
}

void
fresh_stop(struct fresh *f)
{
    if (f == NULL)
        return;
    close(f->fd);
    while (waitpid(f->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    free(f);
}
