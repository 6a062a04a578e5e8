/* SPDX-License-Identifier: MIT */
#include "server/sweep.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/idempotency.h"
#include "db/queue.h"
#include "server/salvage.h"
#include "server/server.h"
#include "server/work_call.h"

enum {
    /* Some tasks become due by the clock alone (a device has cooled down), so
     * agents are called for what waits now and then. */
    REMIND_EVERY_S = 5,
    PURGE_EVERY_S = 3600,
};

struct sweep {
    struct server *server;
    int64_t reminded; /* work_remind() goes on there */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
};

static void
sweep_once(struct sweep *s, int64_t second)
{
    struct err err = { 0 };
    struct db *db;
    int64_t n = 0, step_ms = 0;
    enum status st = server_db_take(s->server, &db, &err);

    if (st == ST_OK) {
        st = server_follow_clock(s->server, db, clock_utc_ms(), &step_ms, &err);
        if (st == ST_OK)
            st = db_queue_sweep(db, server_now_ms(s->server), &n, &err);
        if (st == ST_OK && (n > 0 || second == 0))
            st = salvage_failed(db, server_now_ms(s->server), &err);
        if (st == ST_OK && second % PURGE_EVERY_S == 0)
            st = db_idempotency_purge(db, server_now_ms(s->server), &err);
        if (second % REMIND_EVERY_S == 0)
            work_remind(s->server, db, &s->reminded);
        server_db_give(s->server, db);
    }
    if (st == ST_OK && step_ms != 0)
        log_warn("the system's clock was set by %.1f s: what is due by it was "
                 "moved along",
            (double)step_ms / 1e3);
    if (st != ST_OK)
        log_error("sweeping the queue: %s", err.text);
    if (n > 0)
        log_info("ended %lld leases or waiting tasks", (long long)n);
    if (n > 0)
        server_ring(s->server);
    else if (second % REMIND_EVERY_S == 0)
        server_ring_watchers(s->server);
}

static void *
run(void *ctx)
{
    struct sweep *s = ctx;
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    pthread_mutex_lock(&s->lock);
    for (int64_t second = 0; !s->stopping; second++) {
        pthread_mutex_unlock(&s->lock);
        sweep_once(s, second);
        at.tv_sec++;
        pthread_mutex_lock(&s->lock);
        while (!s->stopping &&
               pthread_cond_timedwait(&s->wake, &s->lock, &at) == 0)
            continue;
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

enum status
sweep_start(struct sweep **out, struct server *server, struct err *err)
{
    struct sweep *s = calloc(1, sizeof(*s));
    pthread_condattr_t attr;

    *out = NULL;
    if (s == NULL)
        return err_nomem(err);
    s->server = server;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&s->thread, NULL, run, s) != 0) {
        pthread_cond_destroy(&s->wake);
        pthread_mutex_destroy(&s->lock);
        free(s);
        return err_set(err, ST_INTERNAL, NULL, "no thread for the sweeper");
    }
    *out = s;
    return ST_OK;
}

void
sweep_stop(struct sweep *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
