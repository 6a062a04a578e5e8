/* SPDX-License-Identifier: MIT */
#include "probes/agent/beat.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rest.h"

enum { BEAT_CALL_S = 10, DETAIL_MAX = 200 };

/* News is told before the next beat is due, but not more often than this: a
 * person watches, and the probe beside us is measuring. */
static const int64_t NEWS_PACE_NS = 1500000000;

struct beat {
    pthread_t thread;
    bool running;         /* the thread was started */
    struct rest *rest;    /* the thread's own */
    int wake_fd;          /* to the thread: look again */
    int bell_fd;          /* from the thread: there is news */
    atomic_bool stop;     /* read without the lock while a call is under way */
    pthread_mutex_t lock; /* for all below */
    char session[80];     /* empty: none */
    double pace_s;
    int64_t last_ns, next_ns; /* beats: the newest one, the one due */
    int64_t lease;
    json_t *progress; /* owned; NULL: none yet */
    struct beat_news news;
};

static void
ring(int fd)
{
    uint64_t one = 1;
    ssize_t n = write(fd, &one, sizeof(one));

    (void)n; /* full means readable: as good */
}

static void
quiet(int fd)
{
    uint64_t count;
    ssize_t n = read(fd, &count, sizeof(count));

    (void)n; /* it was quiet already */
}

static void
plan_next(struct beat *b)
{
    double jitter = 0.9 + 0.2 * (double)randombytes_uniform(1000) / 1000;

    b->next_ns = clock_ns() + (int64_t)(b->pace_s * jitter * 1e9);
}

static json_t *
make_body(const struct beat *b)
{
    json_t *leases = json_array(), *one = NULL;

    if (b->lease != 0) {
        one = b->progress ? json_deep_copy(b->progress) : json_object();
        json_object_set_new(one, "lease", json_integer(b->lease));
        json_array_append_new(leases, one);
    }
    return json_pack("{s:o}", "leases", leases);
}

static bool
names_lease(const json_t *list, int64_t lease)
{
    const json_t *v;
    size_t i;

    json_array_foreach(list, i, v)
    {
        if (lease != 0 && json_integer_value(v) == lease)
            return true;
    }
    return false;
}

/* What the server answered to a beat of `session` and `lease`; the main
 * thread may have moved on meanwhile. */
static void
take_answer(struct beat *b, const struct rest_answer *a, const char *session,
    int64_t lease)
{
    double next_s = b->pace_s;
    bool drain = false;
    json_t *cancel = NULL, *finish = NULL;
    const struct json_field fields[] = {
        { "cancel", JF_ARR, false, &cancel, 0, 0 },
        { "finish", JF_ARR, false, &finish, 0, 0 },
        { "drain", JF_BOOL, false, &drain, 0, 0 },
        { "next_s", JF_REAL, false, &next_s, 0.01, 3600 },
    };
    struct err err = { 0 };

    if (strcmp(session, b->session) != 0)
        return;
    if (a->http == 404 || a->http == 410) {
        b->news.lost = true;
        b->session[0] = '\0';
        ring(b->bell_fd);
        return;
    }
    if (rest_expect(a, &err) != ST_OK ||
        JSON_PICK(a->json, "heartbeat", fields, &err) != ST_OK) {
        log_warn("heartbeat: %s", err.text);
        return;
    }
    b->pace_s = next_s;
    plan_next(b);
    if (lease == b->lease && names_lease(cancel, lease))
        b->news.cancel = true;
    if (lease == b->lease && names_lease(finish, lease))
        b->news.finish = true;
    if (b->news.cancel || b->news.finish || drain != b->news.drain)
        ring(b->bell_fd);
    b->news.drain = drain;
}

/* One call, without the lock held while it is under way. */
static void
beat_once(struct beat *b)
{
    char path[128], session[sizeof(b->session)];
    struct rest_call call = { .method = "POST",
        .path = path,
        .timeout_s = BEAT_CALL_S,
        .stop = &b->stop };
    struct rest_answer a = { 0 };
    struct err err = { 0 };
    json_t *body = make_body(b);
    int64_t lease = b->lease;

    b->last_ns = clock_ns();
    memcpy(session, b->session, sizeof(session));
    snprintf(path, sizeof(path), "/v1/sessions/%s/heartbeat", session);
    call.json = body;
    pthread_mutex_unlock(&b->lock);
    if (rest_do(b->rest, &call, &a, &err) != ST_OK && !b->stop)
        log_warn("heartbeat: %s", err.text);
    pthread_mutex_lock(&b->lock);
    if (a.http != 0)
        take_answer(b, &a, session, lease);
    rest_answer_clear(&a);
    json_decref(body);
}

static void *
run(void *arg)
{
    struct beat *b = arg;
    struct pollfd p = { .fd = b->wake_fd, .events = POLLIN };

    pthread_mutex_lock(&b->lock);
    while (!b->stop) {
        int64_t left_ms = (b->next_ns - clock_ns()) / 1000000;
        int timeout = b->session[0] == '\0' ? -1
                      : left_ms < 0         ? 0
                                            : (int)left_ms;

        pthread_mutex_unlock(&b->lock);
        if (poll(&p, 1, timeout) > 0)
            quiet(b->wake_fd);
        pthread_mutex_lock(&b->lock);
        if (b->stop || b->session[0] == '\0' || clock_ns() < b->next_ns)
            continue;
        plan_next(b);
        beat_once(b);
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

enum status
beat_start(
    struct beat **out, const char *server, const char *token, struct err *err)
{
    struct beat *b = calloc(1, sizeof(*b));
    enum status st;

    *out = NULL;
    if (b == NULL)
        return err_nomem(err);
    pthread_mutex_init(&b->lock, NULL);
    b->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    b->bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (b->wake_fd < 0 || b->bell_fd < 0)
        st = err_errno(err, "eventfd");
    else if ((st = rest_open(&b->rest, server, token, err)) == ST_OK &&
             pthread_create(&b->thread, NULL, run, b) != 0)
        st = err_set(err, ST_IO, NULL, "no thread for the heartbeat");
    if (st != ST_OK) {
        beat_stop(b);
        return st;
    }
    b->running = true;
    *out = b;
    return ST_OK;
}

void
beat_stop(struct beat *b)
{
    if (b == NULL)
        return;
    if (b->running) {
        pthread_mutex_lock(&b->lock);
        b->stop = true;
        pthread_mutex_unlock(&b->lock);
        ring(b->wake_fd);
        pthread_join(b->thread, NULL);
    }
    rest_close(b->rest);
    if (b->wake_fd >= 0)
        close(b->wake_fd);
    if (b->bell_fd >= 0)
        close(b->bell_fd);
    pthread_mutex_destroy(&b->lock);
    json_decref(b->progress);
    free(b);
}

void
beat_session(struct beat *b, const char *session, double pace_s)
{
    pthread_mutex_lock(&b->lock);
    snprintf(b->session, sizeof(b->session), "%s", session ? session : "");
    b->pace_s = pace_s;
    b->news = (struct beat_news){ 0 };
    plan_next(b);
    pthread_mutex_unlock(&b->lock);
    ring(b->wake_fd);
}

void
beat_lease(struct beat *b, int64_t lease)
{
    pthread_mutex_lock(&b->lock);
    b->lease = lease;
    b->news.cancel = b->news.finish = false;
    json_decref(b->progress);
    b->progress = NULL;
    pthread_mutex_unlock(&b->lock);
}

void
beat_progress(struct beat *b, const json_t *progress)
{
    const char *phase = NULL, *detail = NULL;
    int64_t done = 0, total = 0;
    const struct json_field fields[] = {
        { "phase", JF_STR, true, &phase, 0, 32 },
        { "done", JF_INT, true, &done, 0, 0 },
        { "total", JF_INT, true, &total, 0, 0 },
        { "detail", JF_STR, false, &detail, 0, DETAIL_MAX },
    };
    struct err err = { 0 };

    if (JSON_READ(progress, "progress", fields, &err) != ST_OK) {
        log_debug("%s", err.text);
        return;
    }
    pthread_mutex_lock(&b->lock);
    json_decref(b->progress);
    b->progress = json_deep_copy(progress);
    if (b->next_ns > b->last_ns + NEWS_PACE_NS) {
        b->next_ns = b->last_ns + NEWS_PACE_NS;
        ring(b->wake_fd);
    }
    pthread_mutex_unlock(&b->lock);
}

int
beat_fd(const struct beat *b)
{
    return b->bell_fd;
}

struct beat_news
beat_news(struct beat *b)
{
    struct beat_news n;

    pthread_mutex_lock(&b->lock);
    quiet(b->bell_fd);
    n = b->news;
    pthread_mutex_unlock(&b->lock);
    return n;
}
