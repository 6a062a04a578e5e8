/* SPDX-License-Identifier: MIT */
#include "server/link_order.h"

#include <stdlib.h>
#include <string.h>

#include "db/queue.h"
#include "server/api_input.h"
#include "server/fleet.h"
#include "server/view.h"

enum {
    WAIT_S = 600, /* the answering end waits so long for the other */
    DEADLINE_S = 1800,
    DEVICES_MAX = 256,
};

/* ---- the order ---- */

/* The devices at both ends; arrays owned, their elements the fleet's. */
struct ends {
    struct fleet fleet;
    const struct fleet_device **from, **to;
    size_t n_from, n_to; /* n_to 0: the server */
};

static void
ends_clear(struct ends *e)
{
    free(e->from);
    free(e->to);
    fleet_clear(&e->fleet);
}

static bool
shares_agent(const struct ends *e, const struct fleet_device *d)
{
    for (size_t i = 0; i < e->n_to; i++)
        if (strcmp(e->to[i]->agent, d->agent) == 0)
            return true;
    return false;
}

/* An agent does one task at a time, so it cannot be both ends. */
static enum status
drop_shared(struct ends *e, const struct link_order *o, struct err *err)
{
    size_t n = 0;

    for (size_t i = 0; i < e->n_from; i++)
        if (!shares_agent(e, e->from[i]))
            e->from[n++] = e->from[i];
    e->n_from = n;
    if (n > 0)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "link.same_agent",
        "from '%.80s' and to '%.80s' are devices of one agent, which does one "
        "task at a time: name devices of two agents",
        o->from, o->to);
}

/* A board's own line: one task measures both of its ends. */
static bool
is_line(const struct link_order *o)
{
    return strcmp(o->to, LINK_TO_HOST) == 0;
}

static enum status
find_ends(
    struct db *db, const struct link_order *o, struct ends *e, struct err *err)
{
    enum status st;

    if ((st = fleet_load(db, o->now_ms, &e->fleet, err)) != ST_OK)
        return st;
    e->from = calloc(e->fleet.n + 1, sizeof(*e->from));
    e->to = calloc(e->fleet.n + 1, sizeof(*e->to));
    if (e->from == NULL || e->to == NULL)
        return err_nomem(err);
    st = fleet_match(&e->fleet, "from", o->from,
        is_line(o) ? FLEET_BOARDS : FLEET_HOSTS, e->from, &e->n_from, err);
    if (st != ST_OK || is_line(o) || strcmp(o->to, LINK_TO_SERVER) == 0)
        return st;
    st = fleet_match(&e->fleet, "to", o->to, FLEET_HOSTS, e->to, &e->n_to, err);
    return st == ST_OK ? drop_shared(e, o, err) : st;
}

static enum status
add_flow(
    struct db *db, const struct ends *e, struct link_order *o, struct err *err)
{
    json_t *devices = json_array();
    json_t *request = json_pack("{s:s,s:s,s:o,s:O?,s:I}", "from", o->from, "to",
        o->to, "devices", devices, "policy", o->policy, "seed",
        (json_int_t)o->seed);
    enum status st = request != NULL ? ST_OK : err_nomem(err);

    for (size_t i = 0; st == ST_OK && i < e->n_from; i++)
        if (json_array_append_new(devices, json_string(e->from[i]->name)) < 0)
            st = err_nomem(err);
    if (st == ST_OK)
        st = input_flow_add(db,
            &(struct flow){ .kind = FLOW_LINK,
                .owner = (char *)o->owner,
                .created_ms = o->now_ms },
            request, &o->id, err);
    json_decref(request);
    return st;
}

static enum status
add_answer(struct db *db, const struct ends *e, const struct link_order *o,
    struct err *err)
{
    const char *names[DEVICES_MAX];
    size_t n = e->n_to < DEVICES_MAX ? e->n_to : DEVICES_MAX;
    int64_t id;

    for (size_t i = 0; i < n; i++)
        names[i] = e->to[i]->name;
    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_LINK,
            .owner = o->owner,
            .flow = o->id,
            .selector = n > 0 ? o->to : NULL,
            .devices = names,
            .n_devices = n,
            .deadline_s = DEADLINE_S,
            .now_ms = o->now_ms },
        json_pack("{s:s,s:i}", "role", "answer", "wait_s", WAIT_S),
        json_array(), &id, err);
}

static enum status
add_line(struct db *db, const struct ends *e, const struct link_order *o,
    struct err *err)
{
    const char *names[DEVICES_MAX];
    size_t n = e->n_from < DEVICES_MAX ? e->n_from : DEVICES_MAX;
    int64_t id;

    for (size_t i = 0; i < n; i++)
        names[i] = e->from[i]->name;
    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_LINK,
            .owner = o->owner,
            .flow = o->id,
            .selector = o->from,
            .devices = names,
            .n_devices = n,
            .deadline_s = DEADLINE_S,
            .now_ms = o->now_ms },
        json_pack("{s:s,s:O?,s:I}", "role", "line", "policy", o->policy, "seed",
            (json_int_t)o->seed),
        json_array(), &id, err);
}

enum status
link_order_store(struct db *db, struct link_order *o, struct err *err)
{
    struct ends e = { 0 };
    enum status st;

    if ((st = find_ends(db, o, &e, err)) == ST_OK &&
        (st = add_flow(db, &e, o, err)) == ST_OK)
        st = is_line(o) ? add_line(db, &e, o, err) : add_answer(db, &e, o, err);
    ends_clear(&e);
    return st;
}

/* ---- the other end ---- */

struct next {
    int64_t lease, now_ms;
    bool *added;
};

static enum status
count(const struct task *t, void *ctx)
{
    (void)t;
    ++*(size_t *)ctx;
    return ST_OK;
}

static enum status
add_ask(struct db *db, const struct task *answer, const struct next *n,
    struct err *err)
{
    struct flow f = { 0 };
    const char *names[DEVICES_MAX];
    json_t *request = NULL, *v;
    size_t i, n_names = 0;
    int64_t id;
    enum status st = db_flow_get(db, FLOW_LINK, answer->flow, &f, err);

    if (st == ST_OK && (request = view_document(f.request)) == NULL)
        st = err_nomem(err);
    json_array_foreach(json_object_get(request, "devices"), i, v)
    {
        if (n_names < DEVICES_MAX)
            names[n_names++] = json_string_value(v);
    }
    if (st == ST_OK)
        st = input_task_add(db,
            &(struct task_offer){ .kind = TASK_LINK,
                .owner = answer->owner,
                .flow = answer->flow,
                .selector = json_get_string(request, "from", NULL),
                .devices = names,
                .n_devices = n_names,
                .deadline_s = DEADLINE_S,
                .now_ms = n->now_ms },
            json_pack("{s:s,s:O,s:O}", "role", "ask", "policy",
                json_object_get(request, "policy"), "seed",
                json_object_get(request, "seed")),
            json_array(), &id, err);
    *n->added = st == ST_OK;
    json_decref(request);
    flow_clear(&f);
    return st;
}

static enum status
next(struct db *db, void *ctx, struct err *err)
{
    const struct next *n = ctx;
    struct lease lease = { 0 };
    struct task task = { 0 };
    size_t tasks = 0;
    enum status st = db_lease_get(db, n->lease, &lease, err);

    if (st == ST_OK &&
        (st = db_task_get(db, lease.task, &task, err)) == ST_OK &&
        task.kind == TASK_LINK &&
        (st = db_task_list_flow(db, task.flow, count, &tasks, err)) == ST_OK &&
        tasks == 1)
        st = add_ask(db, &task, n, err);
    task_clear(&task);
    lease_clear(&lease);
    return st;
}

enum status
link_order_next(
    struct db *db, int64_t lease, int64_t now_ms, bool *added, struct err *err)
{
    *added = false;
    return db_tx(db, next, &(struct next){ lease, now_ms, added }, err);
}
