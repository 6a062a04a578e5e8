/* SPDX-License-Identifier: MIT */
#include "server/wait.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

struct waits {
    pthread_mutex_t lock;
    pthread_cond_t sooner; /* the earliest deadline may have changed */
    pthread_t ticker;
    struct waiter all;   /* ring with this as its head */
    int64_t earliest_ns; /* what the ticker waits for */
    uint64_t rung;
    int64_t woken; /* agents, to look for work */
    int n;
    bool stopped, ended;
};

static void
unlink_waiter(struct waits *s, struct waiter *w)
{
    w->prev->next = w->next;
    w->next->prev = w->prev;
    w->prev = w->next = NULL;
    s->n--;
}

/* With the lock held, so that a waiter cannot end between its place in the
 * ring and its wake. */
static void
wake_one(struct waits *s, struct waiter *w, int64_t task, int tries)
{
    unlink_waiter(s, w);
    w->task = task;
    w->tries = tries;
    w->wake(w);
}

enum whom { EVERYBODY, WATCHERS };

/* Wake those whose deadline is not after `until_ns`; the earliest deadline of
 * the others, or INT64_MAX.  With the lock held. */
static int64_t
wake_until(struct waits *s, int64_t until_ns, enum whom whom)
{
    int64_t earliest = INT64_MAX;
    struct waiter *next;

    for (struct waiter *w = s->all.next; w != &s->all; w = next) {
        next = w->next;
        if (w->deadline_ns <= until_ns && !(whom == WATCHERS && w->ask)) {
            s->woken += w->ask != NULL && until_ns == INT64_MAX;
            wake_one(s, w, 0, 0);
        } else if (w->deadline_ns < earliest) {
            earliest = w->deadline_ns;
        }
    }
    return earliest;
}

static void *
watch_deadlines(void *ctx)
{
    struct waits *s = ctx;

    pthread_mutex_lock(&s->lock);
    while (!s->ended) {
        struct timespec ts;

        s->earliest_ns = wake_until(s, clock_ns(), EVERYBODY);
        ts.tv_sec = s->earliest_ns / 1000000000;
        ts.tv_nsec = s->earliest_ns % 1000000000;
        if (s->earliest_ns == INT64_MAX)
            pthread_cond_wait(&s->sooner, &s->lock);
        else
            pthread_cond_timedwait(&s->sooner, &s->lock, &ts);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

enum status
waits_new(struct waits **out, struct err *err)
{
    struct waits *s = calloc(1, sizeof(*s));
    pthread_condattr_t attr;

    *out = NULL;
    if (s == NULL)
        return err_nomem(err);
    s->all.prev = s->all.next = &s->all;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->sooner, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&s->ticker, NULL, watch_deadlines, s) != 0) {
        pthread_cond_destroy(&s->sooner);
        pthread_mutex_destroy(&s->lock);
        free(s);
        return err_set(err, ST_INTERNAL, NULL, "no thread for deadlines");
    }
    *out = s;
    return ST_OK;
}

void
waits_free(struct waits *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    s->ended = true;
    pthread_cond_signal(&s->sooner);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->ticker, NULL);
    pthread_cond_destroy(&s->sooner);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

uint64_t
waits_heard(struct waits *s)
{
    uint64_t rung;

    pthread_mutex_lock(&s->lock);
    rung = s->rung;
    pthread_mutex_unlock(&s->lock);
    return rung;
}

bool
waits_add(struct waits *s, struct waiter *w, uint64_t heard)
{
    bool added;

    pthread_mutex_lock(&s->lock);
    added = heard == s->rung && !s->stopped;
    if (added) {
        w->prev = s->all.prev;
        w->next = &s->all;
        w->prev->next = w->next->prev = w;
        s->n++;
        if (w->deadline_ns < s->earliest_ns)
            pthread_cond_signal(&s->sooner);
    }
    pthread_mutex_unlock(&s->lock);
    return added;
}

void
waits_drop(struct waits *s, struct waiter *w)
{
    pthread_mutex_lock(&s->lock);
    if (w->next != NULL)
        unlink_waiter(s, w);
    pthread_mutex_unlock(&s->lock);
}

static void
ring(struct waits *s, enum whom whom)
{
    pthread_mutex_lock(&s->lock);
    s->rung++;
    wake_until(s, INT64_MAX, whom);
    pthread_mutex_unlock(&s->lock);
}

void
waits_ring(struct waits *s)
{
    ring(s, EVERYBODY);
}

void
waits_ring_watchers(struct waits *s)
{
    ring(s, WATCHERS);
}

bool
waits_offer(struct waits *s, int64_t task, int tries, waiter_fits *fits,
    const void *work)
{
    struct waiter *w;
    bool found;

    pthread_mutex_lock(&s->lock);
    s->rung++; /* for who is about to wait */
    for (w = s->all.next; w != &s->all; w = w->next)
        if (w->ask != NULL && fits(w->ask, work))
            break;
    if ((found = w != &s->all)) {
        s->woken++;
        wake_one(s, w, task, tries);
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

void
waits_wake_gone(struct waits *s)
{
    struct waiter *next;

    pthread_mutex_lock(&s->lock);
    for (struct waiter *w = s->all.next; w != &s->all; w = next) {
        next = w->next;
        if (w->gone != NULL && w->gone(w))
            wake_one(s, w, 0, 0);
    }
    pthread_mutex_unlock(&s->lock);
}

void
waits_stop(struct waits *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopped = true;
    wake_until(s, INT64_MAX, EVERYBODY);
    pthread_mutex_unlock(&s->lock);
}

bool
waits_stopped(struct waits *s)
{
    bool stopped;

    pthread_mutex_lock(&s->lock);
    stopped = s->stopped;
    pthread_mutex_unlock(&s->lock);
    return stopped;
}

int
waits_count(struct waits *s)
{
    int n;

    pthread_mutex_lock(&s->lock);
    n = s->n;
    pthread_mutex_unlock(&s->lock);
    return n;
}

int64_t
waits_woken(struct waits *s)
{
    int64_t n;

    pthread_mutex_lock(&s->lock);
    n = s->woken;
    pthread_mutex_unlock(&s->lock);
    return n;
}
