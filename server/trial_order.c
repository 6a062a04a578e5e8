/* SPDX-License-Identifier: MIT */
#include "server/trial_order.h"

#include <string.h>

#include "server/api_input.h"
#include "server/trial_ask.h"

enum {
    STEPS_MAX = 10000000,
    SHUFFLES_MAX = 1000,
    DEADLINE_S = 1800,
};

/* All policies over that many steps take some minutes. */
static const double all_steps_max = 1e8;

/* What the server itself looks at of the body. */
struct ask {
    struct order_input in; /* owned; no costs: the published constants */
    struct trial_ask trial;
    int64_t records, steps, shuffles;
    const char *features;
    bool ordered, by_group;
};

/* More members that the worker reads; their defaults are its own. */
static const char *const for_worker[] = { "steps", "shuffles", "by_group",
    "max_drop", "ordered", "distance", "feature_cost", NULL };

static enum status
check(const struct ask *a, struct err *err)
{
    if ((double)a->steps * (double)a->shuffles > all_steps_max)
        return err_set(err, ST_INVALID, "request.field",
            "steps times shuffles may be %g at most", all_steps_max);
    if (a->ordered && a->by_group)
        return err_set(err, ST_INVALID, "request.field",
            "ordered and by_group contradict each other: rows stay in the "
            "order of time, or groups come one after the other");
    return ST_OK;
}

static enum status
read_body(const json_t *body, struct ask *a, struct err *err)
{
    double real;
    const struct json_field fields[] = {
        { "profile", JF_INT, false, &a->in.profile, 1, 9e15 },
        TRIAL_ASK_FIELDS(&a->trial),
        { "records", JF_INT, true, &a->records, 1, 9e15 },
        { "steps", JF_INT, false, &a->steps, 1, STEPS_MAX },
        { "shuffles", JF_INT, false, &a->shuffles, 1, SHUFFLES_MAX },
        { "by_group", JF_BOOL, false, &a->by_group, 0, 0 },
        { "ordered", JF_BOOL, false, &a->ordered, 0, 0 },
        { "distance", JF_REAL, false, &real, 0, 1e15 },
        { "features", JF_HASH, false, &a->features, 0, 0 },
        { "feature_cost", JF_REAL, false, &real, 0, 1e18 },
        { "max_drop", JF_REAL, false, &real, 0, 1 },
    };
    enum status st = JSON_READ(body, "", fields, err);

    if (st != ST_OK || (st = trial_ask_check(&a->trial, err)) != ST_OK)
        return st;
    return check(a, err);
}

/* Costs, records and features that fit together. */
static enum status
find_inputs(struct db *db, struct ask *a, struct err *err)
{
    enum status st;

    if ((st = trial_ask_costs(db, &a->trial, &a->in, err)) != ST_OK ||
        (st = order_input_records(db, &a->in, a->records, err)) != ST_OK ||
        (st = order_input_fit(&a->in, a->trial.reference, err)) != ST_OK)
        return st;
    return input_blob_check(db, "features", a->features, err);
}

static enum status
read_trial(
    struct db *db, const json_t *body, struct policy_task *t, struct err *err)
{
    struct ask a = { .trial = TRIAL_ASK, .steps = 20000, .shuffles = 20 };
    json_t *problem = NULL;
    enum status st = read_body(body, &a, err);

    if (st == ST_OK && (st = find_inputs(db, &a, err)) == ST_OK &&
        (st = trial_ask_problem(db, &a.trial, body, for_worker, a.in.profile,
             NULL, &problem, err)) == ST_OK) {
        t->payload =
            json_pack("{s:O?,s:s,s:s*,s:O}", "costs", a.in.costs, "records",
                a.in.records.csv, "features", a.features, "problem", problem);
        t->blobs = json_pack("[s,s*]", a.in.records.csv, a.features);
        st = t->payload && t->blobs ? ST_OK : err_nomem(err);
    }
    json_decref(problem);
    order_input_clear(&a.in);
    return st;
}

enum status
trial_order_read(struct request *rq, struct trial_order *o)
{
    static const struct {
        const char *member;
        enum status (*read)(struct db *db, const json_t *doc,
            struct policy_task *out, struct err *err);
    } others[] = { { "partition", partition_order_read },
        { "selection", selection_order_read } };

    *o = (struct trial_order){
        .owner = rq->who.owner, .now_ms = rq->now_ms, .request = rq->json
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        json_t *doc = NULL;
        const struct json_field only[] = {
            { others[i].member, JF_OBJ, true, &doc, 0, 0 },
        };

        if (json_object_get(rq->json, others[i].member) == NULL)
            continue;
        if (JSON_READ(rq->json, "", only, &rq->err) != ST_OK)
            return ST_INVALID;
        return others[i].read(rq->db, doc, &o->task, &rq->err);
    }
    return read_trial(rq->db, rq->json, &o->task, &rq->err);
}

void
trial_order_clear(struct trial_order *o)
{
    policy_task_clear(&o->task);
    memset(o, 0, sizeof(*o));
}

enum status
trial_order_store(struct db *db, struct trial_order *o, struct err *err)
{
    int64_t task;
    enum status st = input_flow_add(db,
        &(struct flow){ .kind = FLOW_TRIAL,
            .owner = (char *)o->owner,
            .created_ms = o->now_ms },
        o->request, &o->id, err);

    if (st != ST_OK)
        return st;
    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_TRIAL,
            .owner = o->owner,
            .flow = o->id,
            .deadline_s = DEADLINE_S,
            .now_ms = o->now_ms },
        json_incref(o->task.payload), json_incref(o->task.blobs), &task, err);
}
