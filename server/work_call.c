/* SPDX-License-Identifier: MIT */
#include "server/work_call.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/agent.h"
#include "db/work.h"
#include "server/server.h"

static int
by_name(const void *a, const void *b)
{
    return strcmp(a, *(const char *const *)b);
}

/* Could who asks so take such work?  The store may know better: a device that
 * failed the task comes after those that did not. */
static bool
fits(const void *a, const void *b)
{
    const struct work_ask *ask = a;
    const struct work *w = b;
    const json_t *v;
    size_t i;

    if ((ask->kinds & KIND_BIT(w->kind)) == 0)
        return false;
    if (w->for_worker)
        return json_array_size(ask->devices) == 0;
    json_array_foreach(ask->devices, i, v)
    {
        if (bsearch(json_string_value(v), w->devices, w->n_devices,
                sizeof(w->devices[0]), by_name) != NULL)
            return true;
    }
    return false;
}

/* Call one agent for each of these tasks that waits. */
static enum status
call_for(struct server *s, struct db *db, const int64_t *ids, size_t n,
    int tries, int64_t now_ms, struct err *err)
{
    enum status st = ST_OK;

    for (size_t i = 0; i < n && st == ST_OK; i++) {
        struct work w;

        st = db_work_get(db, ids[i], now_ms, &w, err);
        if (st == ST_OK)
            waits_offer(server_waits(s), ids[i], tries, fits, &w);
        else if (st == ST_NOT_FOUND) /* taken, or its time has not come */
            st = ST_OK;
        work_clear(&w);
    }
    return st;
}

void
work_announce(const struct request *rq)
{
    struct err err = { 0 };
    int64_t ids[DB_WORK_MAX];
    size_t n;

    if (!db_work_news(rq->db, ids, &n) ||
        call_for(rq->server, rq->db, ids, n, WAITS_TRIES, rq->now_ms, &err) !=
            ST_OK) {
        if (err.status != ST_OK)
            log_warn("calling agents for new work: %s", err.text);
        server_ring(rq->server); /* all may look for themselves */
        return;
    }
    server_ring_watchers(rq->server);
}

void
work_pass_on(struct server *s, struct db *db, struct waiter *w)
{
    struct db *own = NULL;
    struct err err = { 0 };
    int64_t task = w->task;
    enum status st = ST_OK;

    w->task = 0;
    if (task == 0 || w->tries == 0)
        return;
    if (db == NULL)
        st = server_db_take(s, &own, &err);
    if (st == ST_OK)
        st = call_for(s, own != NULL ? own : db, &task, 1, w->tries - 1,
            server_now_ms(s), &err);
    if (own != NULL)
        server_db_give(s, own);
    if (st != ST_OK)
        log_warn("passing task %lld on: %s", (long long)task, err.text);
}

void
work_remind(struct server *s, struct db *db, int64_t *after)
{
    struct err err = { 0 };
    int64_t ids[DB_WORK_MAX], now_ms = server_now_ms(s);
    size_t n;

    if (db_work_list(db, *after, now_ms, ids, &n, &err) != ST_OK ||
        call_for(s, db, ids, n, WAITS_TRIES, now_ms, &err) != ST_OK)
        log_warn("calling agents for what waits: %s", err.text);
    waits_wake_gone(server_waits(s));
    *after = n == DB_WORK_MAX ? ids[n - 1] : 0;
}
