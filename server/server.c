/* SPDX-License-Identifier: MIT */
#include "server/server.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "db/blob.h"
#include "db/queue.h"
#include "server/wait.h"

/* More threads than this never use the store at once. */
enum { POOL_IDLE_MAX = 16 };

struct server {
    struct server_config config;
    struct waits *waits;
    pthread_mutex_t lock; /* of idle, n_idle */
    struct db *idle[POOL_IDLE_MAX];
    size_t n_idle;
    struct {
        char agent[64], sha256[HASH_HEX];
    } trusted[SERVER_TRUSTED];
    size_t n_trusted;
    atomic_llong answers[SERVER_CLASSES];
    atomic_llong utc_offset_ms; /* of the monotonic clock */
};

static int64_t
monotonic_ms(void)
{
    return clock_ns() / 1000000;
}

struct server_config
server_defaults(const char *db_path)
{
    return (struct server_config){
        .db_path = db_path,
        .max_blob_bytes = DB_BLOB_MAX_BYTES,
        .lease_ttl_ms = 30000,
        .heartbeat_ms = 10000,
        .poll_ms = 50000,
        .head_ms = 10000,
        .audit_rate = 0.05,
    };
}

enum status
server_open(
    struct server **out, const struct server_config *config, struct err *err)
{
    struct server *s = calloc(1, sizeof(*s));
    struct db *db = NULL;
    enum status st;

    *out = NULL;
    if (s == NULL)
        return err_nomem(err);
    s->config = *config;
    s->utc_offset_ms = clock_utc_ms() - monotonic_ms();
    pthread_mutex_init(&s->lock, NULL);
    if ((st = waits_new(&s->waits, err)) != ST_OK)
        goto out;
    /* Open one now, so that a bad store is told at the start. */
    if ((st = server_db_take(s, &db, err)) != ST_OK)
        goto out;
    st = db_blob_tidy(db, err);
    server_db_give(s, db);
out:
    if (st != ST_OK)
        server_close(s);
    else
        *out = s;
    return st;
}

void
server_close(struct server *s)
{
    if (s == NULL)
        return;
    waits_free(s->waits);
    while (s->n_idle > 0)
        db_close(s->idle[--s->n_idle]);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

const struct server_config *
server_config(const struct server *s)
{
    return &s->config;
}

enum status
server_db_take(struct server *s, struct db **out, struct err *err)
{
    *out = NULL;
    pthread_mutex_lock(&s->lock);
    if (s->n_idle > 0)
        *out = s->idle[--s->n_idle];
    pthread_mutex_unlock(&s->lock);
    return *out != NULL ? ST_OK : db_open(out, s->config.db_path, err);
}

void
server_db_give(struct server *s, struct db *db)
{
    pthread_mutex_lock(&s->lock);
    /* One whose transaction could not even be ended is closed, which does. */
    if (s->n_idle < POOL_IDLE_MAX && db_idle(db)) {
        s->idle[s->n_idle++] = db;
        db = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    db_close(db);
}

int64_t
server_now_ms(const struct server *s)
{
    return monotonic_ms() + s->utc_offset_ms;
}

enum status
server_follow_clock(struct server *s, struct db *db, int64_t utc_ms,
    int64_t *step_ms, struct err *err)
{
    int64_t by_ms = utc_ms - server_now_ms(s);
    enum status st = ST_OK;

    *step_ms = llabs(by_ms) >= SERVER_STEP_MS ? by_ms : 0;
    if (*step_ms != 0)
        st = db_queue_step(db, by_ms, err);
    if (st == ST_OK)
        s->utc_offset_ms += by_ms;
    return st;
}

struct waits *
server_waits(struct server *s)
{
    return s->waits;
}

void
server_ring(struct server *s)
{
    waits_ring(s->waits);
}

void
server_ring_watchers(struct server *s)
{
    waits_ring_watchers(s->waits);
}

void
server_trust(struct server *s, const char *agent, const char *sha256)
{
    size_t i = s->n_trusted++;

    assert(i < SERVER_TRUSTED);
    snprintf(s->trusted[i].agent, sizeof(s->trusted[i].agent), "%s", agent);
    snprintf(s->trusted[i].sha256, sizeof(s->trusted[i].sha256), "%s", sha256);
}

const char *
server_trusted(const struct server *s, const char *sha256)
{
    for (size_t i = 0; i < s->n_trusted; i++)
        if (hash_equal(s->trusted[i].sha256, sha256))
            return s->trusted[i].agent;
    return NULL;
}

void
server_count(struct server *s, int status)
{
    int class = status / 100;

    if (class > 0 && class < SERVER_CLASSES)
        atomic_fetch_add_explicit(&s->answers[class], 1, memory_order_relaxed);
}

void
server_counts(struct server *s, int64_t out[SERVER_CLASSES])
{
    for (int i = 0; i < SERVER_CLASSES; i++)
        out[i] = atomic_load_explicit(&s->answers[i], memory_order_relaxed);
}
