/* SPDX-License-Identifier: MIT */
#include "bench/rest/waiters.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rest.h"
#include "base/version.h"

enum { ANSWER_MAX = 16 << 10, WAIT_MS = 60000 };

#define EMPTY_SHA256                                                           \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct waiter {
    char session[80];
};

struct waiters {
    struct rest *rest;
    int port;
    struct waiter *agent; /* owned, n */
    struct pollfd *fd;    /* owned, n: agent i's */
    size_t n;
    enum waiters_are are;
};

static void
must(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

/* A call that must be answered by this status; the caller clears it. */
static struct rest_answer
call(struct waiters *w, const struct rest_call *c, int status)
{
    struct rest_answer a = { 0 };

    must(rest_do(w->rest, c, &a, NULL) == ST_OK && a.http == status, c->path);
    return a;
}

static void
open_session(struct waiters *w, size_t i)
{
    bool board = w->are == WAITERS_BOARDS;
    json_t *body = json_pack("{s:s, s:[s]}", "version", OFFRAMP_VERSION,
        "kinds", board ? "link" : "dataset");
    char path[64];
    struct rest_answer a;

    if (board)
        json_object_set_new(body, "devices",
            json_pack("[{s:o, s:{}, s:s}]", "name",
                json_sprintf("bench-%zu", i), "env", "env_fingerprint",
                EMPTY_SHA256));
    snprintf(path, sizeof(path), "/v1/agents/waiter-%zu/sessions", i);
    a = call(w,
        &(struct rest_call){ .method = "POST", .path = path, .json = body },
        201);
    snprintf(w->agent[i].session, sizeof(w->agent[i].session), "%s",
        json_string_value(json_object_get(a.json, "session")));
    rest_answer_clear(&a);
    json_decref(body);
}

/* Ask for work on a new connection. */
static void
ask(struct waiters *w, size_t i)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons((uint16_t)w->port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char text[400], body[80];
    int len;

    if (w->are == WAITERS_BOARDS)
        snprintf(
            body, sizeof(body), "{\"free\":1,\"devices\":[\"bench-%zu\"]}", i);
    else
        snprintf(body, sizeof(body), "{\"free\":1}");
    len = snprintf(text, sizeof(text),
        "POST /v1/sessions/%s/lease?wait=50 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Connection: close\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\n\r\n%s",
        w->agent[i].session, strlen(body), body);

    must(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
             send(fd, text, (size_t)len, MSG_NOSIGNAL) == len,
        "asking for work");
    w->fd[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

struct waiters *
waiters_new(const char *url, size_t n, enum waiters_are are)
{
    struct waiters *w = calloc(1, sizeof(*w));

    must(w != NULL, "calloc");
    w->n = n;
    w->are = are;
    w->port = atoi(strrchr(url, ':') + 1);
    w->agent = calloc(n, sizeof(*w->agent));
    w->fd = calloc(n, sizeof(*w->fd));
    must(w->agent != NULL && w->fd != NULL, "calloc");
    must(rest_open(&w->rest, url, NULL, NULL) == ST_OK, url);
    for (size_t i = 0; i < n; i++)
        open_session(w, i);
    for (size_t i = 0; i < n; i++)
        ask(w, i);
    return w;
}

void
waiters_free(struct waiters *w)
{
    for (size_t i = 0; i < w->n; i++)
        close(w->fd[i].fd);
    rest_close(w->rest);
    free(w->agent);
    free(w->fd);
    free(w);
}

/* All that comes until the connection ends; its status. */
static int
read_answer(int fd, char text[ANSWER_MAX])
{
    size_t n = 0;
    ssize_t got;

    while (n < ANSWER_MAX - 1 &&
           (got = recv(fd, text + n, ANSWER_MAX - 1 - n, 0)) > 0)
        n += (size_t)got;
    text[n] = '\0';
    return n > 12 ? atoi(text + 9) : 0;
}

static long long
member(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    must(at != NULL, name);
    return atoll(at + strlen(name));
}

static void
send_result(struct waiters *w, const char *lease)
{
    json_t *body = json_pack("{s:s, s:{s:i, s:[i], s:s}}", "status", "done",
        "result", "n", 1, "shape", 1, "dtype", "u1");
    char path[64], header[64];
    struct rest_answer a;

    snprintf(path, sizeof(path), "/v1/leases/%lld/result",
        member(lease, "\"lease\":"));
    snprintf(header, sizeof(header), "Lease-Epoch: %lld",
        member(lease, "\"epoch\":"));
    a = call(w,
        &(struct rest_call){
            .method = "PUT", .path = path, .json = body, .header = header },
        201);
    rest_answer_clear(&a);
    json_decref(body);
}

int64_t
waiters_next(struct waiters *w)
{
    static char text[ANSWER_MAX];

    for (;;) {
        must(poll(w->fd, w->n, WAIT_MS) > 0, "no agent was given the task");
        for (size_t i = 0; i < w->n; i++) {
            int64_t came = clock_ns();
            int status;

            if (w->fd[i].revents == 0)
                continue;
            status = read_answer(w->fd[i].fd, text);
            close(w->fd[i].fd);
            must(status == 200 || status == 204 || status == 503,
                "an answer to a poll");
            if (status == 200 && w->are == WAITERS_EQUAL)
                send_result(w, text);
            ask(w, i);
            if (status == 200)
                return came;
        }
    }
}
