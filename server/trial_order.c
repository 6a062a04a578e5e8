/* SPDX-License-Identifier: MIT */
#include "server/trial_order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "db/flow.h"
#include "server/api_input.h"
#include "server/api_util.h"
#include "server/costs_check.h"
#include "server/order_input.h"
#include "server/trial_link.h"

enum {
    STEPS_MAX = 10000000,
    SHUFFLES_MAX = 1000,
    POLICIES_MAX = 32,
    EXITS_MAX = 64,
    DEADLINE_S = 1800,
};

/* All policies over that many steps take some minutes. */
static const double all_steps_max = 1e8;

/* What the server itself looks at of the body. */
struct ask {
    struct order_input in; /* owned; no costs: the published constants */
    int64_t records, steps, shuffles;
    json_t *costs, *link, *offload, *policies;
    const char *objective, *reference, *features;
    bool ordered, by_group;
};

/* Members of the body that the worker reads (search/data/trial_read.c); their
 * defaults are its own. */
static const char *const for_worker[] = { "policies", "objective", "alpha",
    "beta", "weight", "lambda", "probes", "memory", "steps", "shuffles", "seed",
    "by_group", "reference", "max_drop", "ordered", "distance", "feature_cost",
    NULL };

enum status
trial_check_names(const json_t *names, struct err *err)
{
    const json_t *v;
    size_t i;

    if (json_array_size(names) > POLICIES_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "policies has more than %d names", POLICIES_MAX);
    json_array_foreach(names, i, v)
    {
        if (!json_is_string(v))
            return err_set(err, ST_INVALID, "request.field",
                "policies[%zu] must be a policy's name", i);
    }
    return ST_OK;
}

enum status
trial_check_offload(const json_t *offload, struct err *err)
{
    const json_t *v;
    size_t i;

    if (offload == NULL || json_is_number(offload))
        return ST_OK;
    if (json_array_size(offload) == 0 || json_array_size(offload) > EXITS_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "offload must be a number, or one for each early exit");
    json_array_foreach(offload, i, v)
    {
        if (!json_is_number(v))
            return err_set(err, ST_INVALID, "request.field",
                "offload[%zu] must be a number", i);
    }
    return ST_OK;
}

static enum status
check(const struct ask *a, struct err *err)
{
    if (strcmp(a->reference, "label") != 0 &&
        strcmp(a->reference, "final") != 0)
        return err_set(err, ST_INVALID, "request.field",
            "reference must be label or final");
    if ((a->offload != NULL) == (a->link != NULL))
        return err_set(err, ST_INVALID, "request.field",
            "give offload (what handing a sample over costs) or link "
            "(bytes_per_s, from which it follows), and only one of them");
    if (a->link != NULL && strcmp(a->objective, "latency_ns") != 0)
        return err_set(err, ST_INVALID, "request.field",
            "link tells times only: with objective %s give offload",
            a->objective);
    if (a->costs == NULL && a->in.profile == 0 && a->objective[0] != 'l')
        return err_set(err, ST_INVALID, "request.field",
            "objective names a metric of profile or costs: give one of them");
    if ((double)a->steps * (double)a->shuffles > all_steps_max)
        return err_set(err, ST_INVALID, "request.field",
            "steps times shuffles may be %g at most", all_steps_max);
    if (a->ordered && a->by_group)
        return err_set(err, ST_INVALID, "request.field",
            "ordered and by_group contradict each other: rows stay in the "
            "order of time, or groups come one after the other");
    if (trial_check_names(a->policies, err) != ST_OK)
        return ST_INVALID;
    return trial_check_offload(a->offload, err);
}

static enum status
read_body(const json_t *body, struct ask *a, struct err *err)
{
    double real;
    int64_t seed;
    const struct json_field fields[] = {
        { "profile", JF_INT, false, &a->in.profile, 1, 9e15 },
        { "costs", JF_OBJ, false, &a->costs, 0, 0 },
        { "records", JF_INT, true, &a->records, 1, 9e15 },
        { "objective", JF_STR, false, &a->objective, 0, 64 },
        { "offload", JF_ANY, false, &a->offload, 0, 0 },
        { "link", JF_OBJ, false, &a->link, 0, 0 },
        { "policies", JF_ARR, false, &a->policies, 0, 0 },
        { "alpha", JF_REAL, false, &real, 0, 1 },
        { "beta", JF_REAL, false, &real, 0, 1e6 },
        { "weight", JF_REAL, false, &real, 1e-9, 1e6 },
        { "lambda", JF_REAL, false, &real, 0, 1e6 },
        { "probes", JF_REAL, false, &real, 0, 1e9 },
        { "memory", JF_REAL, false, &real, 1, 1e9 },
        { "steps", JF_INT, false, &a->steps, 1, STEPS_MAX },
        { "shuffles", JF_INT, false, &a->shuffles, 1, SHUFFLES_MAX },
        { "seed", JF_INT, false, &seed, 0, 1e15 },
        { "by_group", JF_BOOL, false, &a->by_group, 0, 0 },
        { "ordered", JF_BOOL, false, &a->ordered, 0, 0 },
        { "distance", JF_REAL, false, &real, 0, 1e15 },
        { "features", JF_HASH, false, &a->features, 0, 0 },
        { "feature_cost", JF_REAL, false, &real, 0, 1e18 },
        { "reference", JF_STR, false, &a->reference, 0, 8 },
        { "max_drop", JF_REAL, false, &real, 0, 1 },
    };
    enum status st = JSON_READ(body, "", fields, err);

    return st == ST_OK ? check(a, err) : st;
}

static enum status
add_offload(
    struct db *db, json_t *problem, const struct ask *a, struct err *err)
{
    json_t *offload = json_incref(a->offload);
    enum status st = ST_OK;

    if (a->link != NULL)
        st =
            trial_link_offload(db, a->in.profile, a->link, NULL, &offload, err);
    if (st == ST_OK && json_object_set_new(problem, "offload", offload) < 0)
        st = err_nomem(err);
    return st;
}

static enum status
problem_document(struct db *db, const json_t *body, json_t *problem,
    const struct ask *a, struct err *err)
{
    for (size_t i = 0; for_worker[i] != NULL; i++) {
        json_t *v = json_object_get(body, for_worker[i]);

        if (v != NULL && !json_is_null(v) &&
            json_object_set(problem, for_worker[i], v) < 0)
            return err_nomem(err);
    }
    return add_offload(db, problem, a, err);
}

/* Costs, records and features that fit together. */
static enum status
find_inputs(struct db *db, struct ask *a, struct err *err)
{
    enum status st;

    if ((a->costs != NULL || a->in.profile != 0) &&
        ((st = order_input_costs(db, &a->in, a->costs, false, err)) != ST_OK ||
            (st = costs_check_objective(a->in.costs, a->objective, err)) !=
                ST_OK))
        return st;
    if ((st = order_input_records(db, &a->in, a->records, err)) != ST_OK ||
        (st = order_input_fit(&a->in, a->reference, err)) != ST_OK)
        return st;
    return input_blob_check(db, "features", a->features, err);
}

static enum status
read_trial(
    struct db *db, const json_t *body, struct policy_task *t, struct err *err)
{
    struct ask a = { .objective = "latency_ns",
        .reference = "label",
        .steps = 20000,
        .shuffles = 20 };
    json_t *problem = json_object();
    enum status st = problem ? read_body(body, &a, err) : err_nomem(err);

    if (st == ST_OK && (st = find_inputs(db, &a, err)) == ST_OK &&
        (st = problem_document(db, body, problem, &a, err)) == ST_OK) {
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

static enum status
add_flow(struct db *db, struct trial_order *o, struct err *err)
{
    char *request = NULL;
    enum status st = api_text(o->request, &request, err);

    if (st == ST_OK)
        st = db_flow_add(db,
            &(struct flow){ .kind = FLOW_TRIAL,
                .owner = (char *)o->owner,
                .request = request,
                .created_ms = o->now_ms },
            &o->id, err);
    free(request);
    return st;
}

enum status
trial_order_store(struct db *db, struct trial_order *o, struct err *err)
{
    int64_t task;
    enum status st = add_flow(db, o, err);

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
