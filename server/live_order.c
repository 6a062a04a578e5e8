/* SPDX-License-Identifier: MIT */
#include "server/live_order.h"

#include <stdlib.h>
#include <string.h>

#include "server/trial_ask.h"
#include "server/view.h"

enum { PREPARE_DEADLINE_S = 1800 };

/* What only the checks look at. */
struct ask {
    struct trial_ask trial;
    int64_t dataset;
    json_t *live;
};

bool
live_order_asked(const json_t *body)
{
    const json_t *live = json_object_get(body, "live");

    return live != NULL && !json_is_null(live);
}

static enum status
read_body(
    const json_t *body, struct live_order *o, struct ask *a, struct err *err)
{
    const struct json_field fields[] = {
        TRIAL_ASK_FIELDS(&a->trial),
        { "live", JF_OBJ, true, &a->live, 0, 0 },
        { "profile", JF_INT, false, &o->in.profile, 1, 9e15 },
    };
    const struct json_field in_live[] = {
        { "device", JF_STR, true, &o->device, 0, 1024 },
        { "to", JF_STR, false, &o->to, 0, 1024 },
        { "model", JF_STR, false, &o->model_id, 0, 64 },
        { "dataset", JF_INT, true, &a->dataset, 1, 9e15 },
        { "rows", JF_ARR, false, &o->rows, 0, 0 },
        { "budget_s", JF_REAL, false, &o->budget_s, 0.01, 3600 },
    };
    enum status st;

    if (json_object_get(body, "records") != NULL)
        return err_set(err, ST_INVALID, "request.field",
            "give records (policies are replayed on them) or live (they run "
            "on a device), and only one of them");
    if ((st = JSON_READ(body, "", fields, err)) != ST_OK)
        return st;
    if ((st = JSON_READ(a->live, "live", in_live, err)) != ST_OK ||
        (st = trial_ask_check(&a->trial, err)) != ST_OK)
        return st;
    if (o->in.profile == 0 && o->model_id == NULL)
        return err_set(err, ST_INVALID, "request.field",
            "give profile, or live.model: which network is to run");
    return ST_OK;
}

/* A policy weighs scores, so every exit must be a classifier. */
static enum status
check_exits(const struct live_order *o, struct err *err)
{
    const size_t n = json_array_size(o->model.exits);
    const json_t *x;
    size_t i;

    if (n < 2)
        return err_set(err, ST_UNPROCESSABLE, "policy.exits",
            "the network has one exit: a policy chooses among 2 at least "
            "(POST /v1/augmentations adds some)");
    json_array_foreach(o->model.exits, i, x)
    {
        if (!json_is_integer(json_object_get(x, "classes")))
            return err_set(err, ST_UNPROCESSABLE, "policy.exits",
                "exit %zu (%s) has no score, as it is no classifier: a policy "
                "needs one of every exit",
                i, json_get_string(x, "name", "?"));
    }
    if (o->in.costs != NULL &&
        json_array_size(json_object_get(o->in.costs, "exits")) != n)
        return err_set(err, ST_UNPROCESSABLE, "policy.exits",
            "the network has %zu exits, the costs %zu: give those of this "
            "network",
            n, json_array_size(json_object_get(o->in.costs, "exits")));
    return ST_OK;
}

static enum status
load_model(struct db *db, struct live_order *o, struct err *err)
{
    const char *id = o->model_id != NULL ? o->model_id : o->in.model;
    enum status st;

    if (o->in.model != NULL && strcmp(id, o->in.model) != 0)
        return err_set(err, ST_UNPROCESSABLE, "search.model_mismatch",
            "profile %lld is of model %.12s.., live.model is %.12s..: leave "
            "live.model out, or give a profile of it",
            (long long)o->in.profile, o->in.model, id);
    st = input_model_single(db, id, &o->model, err);
    return st == ST_OK ? check_exits(o, err) : st;
}

/* A checked data set says how many rows it has. */
static int64_t
dataset_n(const struct dataset *d)
{
    json_t *info = view_document(d->info);
    int64_t n = json_integer_value(json_object_get(info, "n"));

    json_decref(info);
    return n;
}

static enum status
load_rows(
    struct db *db, struct live_order *o, const struct ask *a, struct err *err)
{
    const int64_t exits = (int64_t)json_array_size(o->model.exits);
    int64_t row[2], n_rows;
    size_t n;
    enum status st = input_dataset_get(db, a->dataset, &o->dataset, err);

    if (st != ST_OK)
        return st;
    if (o->dataset.labels == NULL && strcmp(a->trial.reference, "label") == 0)
        return err_set(err, ST_UNPROCESSABLE, "policy.labels",
            "data set %lld has no labels: use \"reference\":\"final\"",
            (long long)a->dataset);
    n_rows = dataset_n(&o->dataset);
    row[0] = 0;
    row[1] = n_rows;
    if (o->rows != NULL &&
        (st = json_read_ints(o->rows, "live.rows", row, 2, &n, err)) != ST_OK)
        return st;
    if ((o->rows != NULL && n != 2) || row[0] < 0 || row[1] > n_rows)
        return err_set(err, ST_INVALID, "request.field",
            "live.rows must be [from, to] with 0 <= from < to <= %lld, the "
            "rows of data set %lld",
            (long long)n_rows, (long long)a->dataset);
    if (row[1] - row[0] < exits || row[1] - row[0] > LIVE_ROWS_MAX)
        return err_set(err, ST_INVALID, "policy.stream",
            "%lld samples for %lld exits: every exit is tried once, so give "
            "live.rows with %lld to %d of them",
            (long long)(row[1] - row[0]), (long long)exits, (long long)exits,
            LIVE_ROWS_MAX);
    return ST_OK;
}

static bool
is_among(const char *agent, const struct fleet_device **d, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(d[i]->agent, agent) == 0)
            return true;
    return false;
}

static json_t *
names_of(const struct fleet_device **d, size_t n)
{
    json_t *a = json_array();

    for (size_t i = 0; a != NULL && i < n; i++)
        (void)json_array_append_new(a, json_string(d[i]->name));
    return a;
}

/* An agent does one task at a time, so it cannot be both ends. */
static enum status
drop_shared(const struct live_order *o, const struct fleet_device **here,
    size_t *n, const struct fleet_device **there, size_t n_there,
    struct err *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < *n; i++)
        if (!is_among(here[i]->agent, there, n_there))
            here[kept++] = here[i];
    *n = kept;
    return kept > 0
               ? ST_OK
               : err_set(err, ST_UNPROCESSABLE, "link.same_agent",
                     "live.device '%.80s' and live.to '%.80s' are devices of "
                     "one agent, which does one task at a time: name devices "
                     "of two agents",
                     o->device, o->to);
}

static enum status
find_devices(struct db *db, struct live_order *o, struct err *err)
{
    const struct fleet_device **here = NULL, **there = NULL;
    size_t n = 0, n_there = 0;
    enum status st = fleet_load(db, o->now_ms, &o->fleet, err);

    if (st != ST_OK)
        return st;
    here = calloc(o->fleet.n + 1, sizeof(*here));
    there = calloc(o->fleet.n + 1, sizeof(*there));
    st = here != NULL && there != NULL ? ST_OK : err_nomem(err);
    if (st == ST_OK)
        st = fleet_match(
            &o->fleet, "live.device", o->device, FLEET_HOSTS, here, &n, err);
    if (st == ST_OK && o->to != NULL &&
        (st = fleet_match(&o->fleet, "live.to", o->to, FLEET_HOSTS, there,
             &n_there, err)) == ST_OK)
        st = drop_shared(o, here, &n, there, n_there, err);
    if (st == ST_OK) {
        o->devices = names_of(here, n);
        o->others = o->to != NULL ? names_of(there, n_there) : NULL;
        st = o->devices && (!o->to || o->others) ? ST_OK : err_nomem(err);
    }
    free(here);
    free(there);
    return st;
}

enum status
live_order_read(struct request *rq, struct live_order *o)
{
    static const char *const no_more[] = { NULL };
    struct ask a = { .trial = TRIAL_ASK };
    struct err *err = &rq->err;
    enum status st;

    *o = (struct live_order){ .body = rq->json,
        .budget_s = LIVE_BUDGET_S,
        .owner = rq->who.owner,
        .now_ms = rq->now_ms };
    if ((st = read_body(rq->json, o, &a, err)) != ST_OK ||
        (st = trial_ask_costs(rq->db, &a.trial, &o->in, err)) != ST_OK ||
        (st = load_model(rq->db, o, err)) != ST_OK ||
        (st = load_rows(rq->db, o, &a, err)) != ST_OK ||
        (st = find_devices(rq->db, o, err)) != ST_OK)
        return st;
    return trial_ask_problem(rq->db, &a.trial, rq->json, no_more, o->in.profile,
        o->device, &o->problem, err);
}

void
live_order_clear(struct live_order *o)
{
    order_input_clear(&o->in);
    input_model_clear(&o->model);
    dataset_clear(&o->dataset);
    fleet_clear(&o->fleet);
    json_decref(o->problem);
    json_decref(o->devices);
    json_decref(o->others);
    memset(o, 0, sizeof(*o));
}

/* ---- stored ---- */

/* The exits as a device runs them (offramp.deployment/1). */
static json_t *
exit_parts(const json_t *exits)
{
    json_t *a = json_array();
    const json_t *x;
    size_t i;

    json_array_foreach(exits, i, x)
    {
        const json_t *segment = json_object_get(x, "segment");
        const json_t *head = json_object_get(x, "head");

        if (json_array_append_new(
                a, json_pack("{s:I,s:s,s:O?,s:O?}", "index", (json_int_t)i,
                       "name", json_get_string(x, "output", ""), "segment",
                       json_object_get(segment, "blob"), "head",
                       json_object_get(head, "blob"))) < 0) {
            json_decref(a);
            return NULL;
        }
    }
    return a;
}

/* What was asked for, and which network and devices that means. */
static enum status
add_flow(struct db *db, struct live_order *o, struct err *err)
{
    json_t *request = json_copy(o->body);
    enum status st = request != NULL ? ST_OK : err_nomem(err);

    if (st == ST_OK && o->others != NULL &&
        json_object_set(request, "others", o->others) < 0)
        st = err_nomem(err);
    if (st == ST_OK && (json_object_set(request, "devices", o->devices) < 0 ||
                           json_object_set_new(request, "model",
                               json_string(o->model.row.id)) < 0))
        st = err_nomem(err);
    if (st == ST_OK)
        st = input_flow_add(db,
            &(struct flow){ .kind = FLOW_TRIAL,
                .owner = (char *)o->owner,
                .created_ms = o->now_ms },
            request, &o->id, err);
    json_decref(request);
    return st;
}

enum status
live_order_store(struct db *db, struct live_order *o, struct err *err)
{
    const struct dataset *d = &o->dataset;
    int64_t task;
    enum status st = add_flow(db, o, err);

    if (st != ST_OK)
        return st;
    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_LIVE,
            .owner = o->owner,
            .flow = o->id,
            .deadline_s = PREPARE_DEADLINE_S,
            .now_ms = o->now_ms },
        json_pack("{s:s,s:I,s:O?,s:O,s:{s:s,s:s?,s:o,s:O?},s:O?,s:O,"
                  "s:{s:o,s:s,s:O,s:s?,s:O?,s:f}}",
            "role", "prepare", "exits",
            (json_int_t)json_array_size(o->model.exits), "classes",
            o->model.classes, "input_shape", o->model.input_shape, "dataset",
            "inputs", d->inputs, "labels", d->labels, "preprocess",
            view_document(d->preprocess), "rows", o->rows, "costs", o->in.costs,
            "problem", o->problem, "next", "exits", exit_parts(o->model.exits),
            "selector", o->device, "devices", o->devices, "to", o->to, "others",
            o->others, "budget_s", o->budget_s),
        json_pack("[s,s*]", d->inputs, d->labels), &task, err);
}
