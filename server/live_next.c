/* SPDX-License-Identifier: MIT */
#include "server/live_next.h"

#include <string.h>

#include "db/flow.h"
#include "server/api_input.h"
#include "server/live_curve.h"
#include "server/view.h"

enum { DEVICES_MAX = 256 };

enum status
live_next_add(struct db *db, const struct task *before, const json_t *next,
    int64_t now_ms, struct err *err)
{
    const json_t *devices = json_object_get(next, "devices");
    const char *names[DEVICES_MAX];
    size_t n = json_array_size(devices);
    int64_t id;

    n = n < DEVICES_MAX ? n : DEVICES_MAX;
    for (size_t i = 0; i < n; i++)
        names[i] = json_string_value(json_array_get(devices, i));
    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_LIVE,
            .owner = before->owner,
            .priority = before->priority,
            .flow = before->flow,
            .selector = json_get_string(next, "selector", NULL),
            .devices = names,
            .n_devices = n,
            .deadline_s = (int64_t)json_get_number(next, "deadline_s"),
            .now_ms = now_ms },
        json_incref(json_object_get(next, "payload")),
        json_incref(json_object_get(next, "blobs")), &id, err);
}

struct news {
    int64_t lease, n, now_ms;
    const json_t *part;
    bool added;
    int64_t again; /* a flow whose run is to be tried again; 0 */
};

static enum status
count(const struct task *t, void *ctx)
{
    (void)t;
    ++*(size_t *)ctx;
    return ST_OK;
}

/* The door is open.  The tasks so far are `prepare` and this one, until the
 * run is there too. */
static enum status
door_opened(struct db *db, struct news *n, const struct task *serve,
    const json_t *payload, struct err *err)
{
    size_t tasks = 0;
    enum status st = db_task_list_flow(db, serve->flow, count, &tasks, err);

    if (st == ST_OK && tasks == 2)
        st = live_next_add(
            db, serve, json_object_get(payload, "next"), n->now_ms, err);
    else if (st == ST_OK)
        n->again = serve->flow;
    n->added = st == ST_OK;
    return st;
}

static enum status
look(struct db *db, void *ctx, struct err *err)
{
    struct news *n = ctx;
    struct lease lease = { 0 };
    struct task task = { 0 };
    json_t *payload = NULL;
    const char *role = "";
    enum status st = db_lease_get(db, n->lease, &lease, err);

    if (st == ST_OK &&
        (st = db_task_get(db, lease.task, &task, err)) == ST_OK &&
        task.kind == TASK_LIVE) {
        payload = view_document(task.payload);
        role = json_get_string(payload, "role", "");
    }
    if (strcmp(role, "serve") == 0 && n->n == 0)
        st = door_opened(db, n, &task, payload, err);
    if (strcmp(role, "run") == 0) {
        st = live_curve_add(db, task.flow, n->n, n->part, err);
        n->added = st == ST_OK;
    }
    json_decref(payload);
    task_clear(&task);
    lease_clear(&lease);
    return st;
}

enum status
live_next_part(struct db *db, int64_t lease, int64_t n, const json_t *part,
    int64_t now_ms, bool *added, struct err *err)
{
    struct news news = {
        .lease = lease, .n = n, .now_ms = now_ms, .part = part
    };
    struct err none = { 0 };
    enum status st = db_tx(db, look, &news, err);

    *added = news.added;
    if (st != ST_OK || news.again == 0)
        return st;
    st = db_flow_resume(db, FLOW_TRIAL, news.again, now_ms, &none);
    if (st == ST_OK || st == ST_CONFLICT) /* the run has not failed */
        return ST_OK;
    return err_set(err, st, none.code, "%s", none.text);
}
