/* SPDX-License-Identifier: MIT */
/*
 * One `struct call` a request, from its headers to the end of its answer.
 * libmicrohttpd runs all of it on one of its threads, one callback at a time;
 * while a call waits it is suspended and no thread knows of it.
 */
#include "server/mhd.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/blob.h"
#include "server/http.h"
#include "server/pace.h"
#include "server/server.h"
#include "server/wait.h"
#include "server/work_call.h"

enum {
    HTTP_THREADS = 4,
    CONNECTIONS_MAX = 3000,
    ADDRESS_MAX = 2000, /* of these, from one address: others get in */
    SILENCE_S = 75,     /* longer than the longest long poll */
    CONNECTION_BYTES = 64 << 10,
    STOP_GRACE_S = 5,
};

struct mhd {
    struct server *server;
    struct MHD_Daemon *daemon;
    struct pace *pace; /* its connections get on */
    pthread_mutex_t lock;
    pthread_cond_t ended; /* a call ended */
    int calls;
};

struct call {
    struct waiter waiter; /* first: wake() finds the call by it */
    struct mhd *mhd;
    struct MHD_Connection *connection;
    struct paced *paced; /* borrowed: the connection's */
    struct request rq;
    struct reply rp;
    int64_t cap, got;    /* bytes of the body: allowed, come so far */
    int fd;              /* of the file a body is streamed to; -1 */
    enum status body_st; /* what went wrong with the body */
    int64_t started_ns;
    bool waited, begun;
    char path[PATH_MAX]; /* of that file */
};

static enum MHD_Result
add_pair(
    void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct request *rq = ctx;
    bool header = kind == MHD_HEADER_KIND;
    struct pair *p = header ? rq->header : rq->query;
    size_t *n = header ? &rq->n_header : &rq->n_query;

    if (*n == REQUEST_PAIRS) {
        err_set(&rq->err, ST_INVALID, "request.too_many_fields",
            "more than %d headers or query parameters", REQUEST_PAIRS);
        return MHD_NO;
    }
    p[(*n)++] = (struct pair){ name, value ? value : "" };
    return MHD_YES;
}

static void
wake(struct waiter *w)
{
    MHD_resume_connection(((struct call *)w)->connection);
}

/* Did the client hang up while its call waited?  Then nothing may be done in
 * its name: a lease would be held by nobody. */
static bool
gone(const struct waiter *w)
{
    const struct call *c = (const struct call *)w;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        c->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    char byte;

    return info != NULL &&
           recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* How long the next step of a client may take. */
#define STEP_NS (SILENCE_S * INT64_C(1000000000))

static struct paced *
paced_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(
        connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
        ->socket_context;
}

/* libmicrohttpd: a connection was made, or is about to be closed. */
static void
on_connection(void *cls, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode what)
{
    struct mhd *m = cls;
    int fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
            ->connect_fd;

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        pace_end(*context);
        *context = NULL;
        return;
    }
    *context = pace_begin(
        m->pace, fd, server_config(m->server)->head_ms * INT64_C(1000000));
    if (*context == NULL)
        shutdown(fd, SHUT_RDWR); /* out of memory */
}

static struct call *
call_new(struct mhd *m, struct MHD_Connection *connection, const char *method,
    const char *url)
{
    struct call *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->waiter.wake = wake;
    c->waiter.gone = gone;
    c->mhd = m;
    c->connection = connection;
    c->paced = paced_of(connection);
    c->fd = -1;
    c->started_ns = clock_ns();
    reply_init(&c->rp);
    c->rq.server = m->server;
    c->rq.method = method;
    c->rq.path = url;
    c->rq.now_ms = server_now_ms(m->server);
    pthread_mutex_lock(&m->lock);
    m->calls++;
    pthread_mutex_unlock(&m->lock);
    return c;
}

/* libmicrohttpd: the answer is out, or the connection broke. */
static void
on_completed(void *cls, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode why)
{
    struct mhd *m = cls;
    struct call *c = *state;

    (void)connection;
    (void)why;
    if (c == NULL)
        return;
    work_pass_on(m->server, NULL, &c->waiter);
    pace_allow(c->paced, STEP_NS, 0); /* for its next request */
    if (c->fd >= 0)
        close(c->fd);
    if (c->path[0] != '\0')
        unlink(c->path); /* gone already where a handler took it */
    request_clear(&c->rq);
    reply_clear(&c->rp);
    free(c);
    *state = NULL;
    pthread_mutex_lock(&m->lock);
    m->calls--;
    pthread_cond_signal(&m->ended);
    pthread_mutex_unlock(&m->lock);
}

/* The reply's content, taken from it; NULL if out of memory. */
static struct MHD_Response *
make_response(struct reply *rp)
{
    struct MHD_Response *r;

    if (rp->json != NULL) {
        rp->data = json_dumps(rp->json, JSON_COMPACT | JSON_ENCODE_ANY);
        if (rp->data == NULL)
            return NULL;
        rp->len = strlen(rp->data);
    }
    if (rp->data != NULL) {
        r = MHD_create_response_from_buffer(
            rp->len, rp->data, MHD_RESPMEM_MUST_FREE);
        if (r != NULL)
            rp->data = NULL;
        return r;
    }
    if (rp->fd >= 0) {
        r = MHD_create_response_from_fd64(rp->len, rp->fd);
        if (r != NULL)
            rp->fd = -1;
        return r;
    }
    return MHD_create_response_from_buffer(
        rp->len, (void *)rp->fixed, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result
send_reply(struct call *c)
{
    struct reply *rp = &c->rp;
    struct MHD_Response *r = make_response(rp);
    enum MHD_Result ok = MHD_YES;

    if (r == NULL) /* not even an answer: the connection is closed */
        return MHD_NO;
    pace_allow(c->paced, STEP_NS, (int64_t)rp->len);
    for (const struct pair *h = http_headers; ok && h->name != NULL; h++)
        ok = MHD_add_response_header(r, h->name, h->value);
    for (size_t i = 0; ok && i < rp->n_header; i++)
        ok =
            MHD_add_response_header(r, rp->header[i].name, rp->header[i].value);
    if (ok && rp->type[0] != '\0')
        ok = MHD_add_response_header(r, "Content-Type", rp->type);
    if (ok && c->rq.id[0] != '\0')
        ok = MHD_add_response_header(r, "X-Request-Id", c->rq.id);
    if (ok)
        ok = MHD_queue_response(c->connection, (unsigned)rp->status, r);
    MHD_destroy_response(r);
    server_count(c->mhd->server, rp->status);
    log_debug("%s %s -> %d in %.1f ms (request %s)", c->rq.method, c->rq.path,
        rp->status, (double)(clock_ns() - c->started_ns) / 1e6, c->rq.id);
    return ok;
}

/* The headers are here.  False: the reply is ready. */
static bool
begin(struct call *c)
{
    struct request *rq = &c->rq;
    struct db *db = NULL;
    enum status st = ST_OK;
    bool go_on = false;

    MHD_get_connection_values(c->connection, MHD_HEADER_KIND, add_pair, rq);
    MHD_get_connection_values(
        c->connection, MHD_GET_ARGUMENT_KIND, add_pair, rq);
    if (rq->err.status != ST_OK)
        st = rq->err.status;
    else
        st = server_db_take(rq->server, &db, &rq->err);
    if (st == ST_OK) {
        rq->db = db;
        go_on = http_begin(rq, &c->rp, &c->cap);
    }
    if (go_on && rq->file_body) {
        st = db_blob_tmp(db, c->path, sizeof(c->path), &c->fd, &rq->err);
        rq->file = c->path;
    }
    if (db != NULL)
        server_db_give(rq->server, db);
    rq->db = NULL;
    if (st != ST_OK) {
        http_problem(rq, &c->rp, st);
        return false;
    }
    buf_init(&rq->body, (size_t)c->cap);
    return go_on;
}

static enum status
write_all(int fd, const char *data, size_t len, struct err *err)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, "storing the body");
        data += n;
        len -= (size_t)n;
    }
    return ST_OK;
}

/* A piece of the body.  After a failure the rest is read and dropped: the
 * answer can only be sent behind it. */
static void
collect(struct call *c, const char *data, size_t len)
{
    c->got += (int64_t)len;
    pace_more(c->paced, STEP_NS, (int64_t)len);
    if (c->body_st != ST_OK)
        return;
    if (c->got > c->cap)
        c->body_st = ST_TOO_LARGE;
    else if (c->fd >= 0)
        c->body_st = write_all(c->fd, data, len, &c->rq.err);
    else
        c->body_st = buf_add(&c->rq.body, data, len, &c->rq.err);
}

/* Run the handler.  False: nothing yet, wait for the bell. */
static bool
dispatch(struct call *c)
{
    struct request *rq = &c->rq;
    struct waits *waits = server_waits(rq->server);
    bool done = true;
    enum status st;

    if ((st = server_db_take(rq->server, &rq->db, &rq->err)) != ST_OK) {
        http_problem(rq, &c->rp, st);
        return true;
    }
    rq->now_ms = server_now_ms(rq->server);
    rq->wait_expired =
        waits_stopped(waits) || clock_ns() >= c->waiter.deadline_ns;
    done = http_dispatch(rq, &c->rp);
    work_pass_on(rq->server, rq->db, &c->waiter);
    server_db_give(rq->server, rq->db);
    rq->db = NULL;
    return done;
}

/* The whole request is here, or its wait is over. */
static enum MHD_Result
answer(struct call *c)
{
    struct waits *waits = server_waits(c->rq.server);
    uint64_t heard = waits_heard(waits);

    if (c->waited && gone(&c->waiter))
        return MHD_NO;
    if (!c->begun) {
        c->begun = true;
        pace_rest(c->paced);
        c->waiter.deadline_ns = clock_ns() + c->rq.wait_ms * 1000000;
        if (c->fd >= 0)
            close(c->fd);
        c->fd = -1;
    }
    if (c->body_st == ST_TOO_LARGE)
        http_too_large(&c->rq, &c->rp, c->cap);
    else if (c->body_st != ST_OK)
        http_problem(&c->rq, &c->rp, c->body_st);
    else if (!dispatch(c)) {
        c->waited = true;
        c->waiter.ask = c->rq.for_work ? &c->rq.ask : NULL;
        MHD_suspend_connection(c->connection);
        if (!waits_add(waits, &c->waiter, heard))
            MHD_resume_connection(c->connection); /* it rang meanwhile */
        return MHD_YES;
    }
    return send_reply(c);
}

/* libmicrohttpd: first with the headers, then with pieces of the body, then
 * with *len == 0, and that again after each resume. */
static enum MHD_Result
on_request(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *data, size_t *len,
    void **state)
{
    struct call *c = *state;

    (void)version;
    if (c == NULL) {
        if ((c = call_new(cls, connection, method, url)) == NULL)
            return MHD_NO;
        *state = c;
        pace_allow(c->paced, STEP_NS, 0);
        return begin(c) ? MHD_YES : send_reply(c);
    }
    if (*len > 0) {
        collect(c, data, *len);
        *len = 0;
        return MHD_YES;
    }
    return answer(c);
}

/* As libmicrohttpd does it, but a NUL becomes a control character that no name
 * may have: "/style.css%00.png" is not "/style.css". */
static size_t
on_unescape(void *cls, struct MHD_Connection *connection, char *text)
{
    size_t n = MHD_http_unescape(text);

    (void)cls;
    (void)connection;
    for (size_t i = 0; i < n; i++)
        if (text[i] == '\0')
            text[i] = '\x01';
    return n;
}

static void on_log(void *cls, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

static void
on_log(void *cls, const char *fmt, va_list ap)
{
    char line[256];

    (void)cls;
    vsnprintf(line, sizeof(line), fmt, ap);
    line[strcspn(line, "\n")] = '\0';
    log_debug("http: %s", line);
}

static void
mhd_free(struct mhd *m)
{
    pace_free(m->pace);
    pthread_cond_destroy(&m->ended);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

enum status
mhd_start(
    struct mhd **out, struct server *server, int listen_fd, struct err *err)
{
    struct mhd *m = calloc(1, sizeof(*m));
    pthread_condattr_t attr;
    enum status st;

    *out = NULL;
    if (m == NULL)
        return err_nomem(err);
    if ((st = pace_new(&m->pace, err)) != ST_OK) {
        free(m);
        return st;
    }
    m->server = server;
    pthread_mutex_init(&m->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&m->ended, &attr);
    pthread_condattr_destroy(&attr);
    m->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD |
                                     MHD_ALLOW_SUSPEND_RESUME |
                                     MHD_USE_ERROR_LOG,
        0, NULL, NULL, on_request, m, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_THREAD_POOL_SIZE,
        (unsigned)HTTP_THREADS, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)ADDRESS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)SILENCE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_BYTES, MHD_OPTION_UNESCAPE_CALLBACK, on_unescape,
        NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, m,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, m, MHD_OPTION_END);
    if (m->daemon == NULL) {
        mhd_free(m);
        return err_set(err, ST_INTERNAL, NULL, "the HTTP server did not start");
    }
    *out = m;
    return ST_OK;
}

void
mhd_stop(struct mhd *m)
{
    struct timespec until;
    MHD_socket listen_fd;
    int rc = 0;

    if (m == NULL)
        return;
    listen_fd = MHD_quiesce_daemon(m->daemon);
    waits_stop(server_waits(m->server));
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STOP_GRACE_S;
    pthread_mutex_lock(&m->lock);
    while (m->calls > 0 && rc == 0)
        rc = pthread_cond_timedwait(&m->ended, &m->lock, &until);
    pthread_mutex_unlock(&m->lock);
    MHD_stop_daemon(m->daemon);
    if (listen_fd != MHD_INVALID_SOCKET)
        close(listen_fd);
    mhd_free(m);
}
