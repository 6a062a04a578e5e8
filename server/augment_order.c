/* SPDX-License-Identifier: MIT */
#include "server/augment_order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "server/api_input.h"
#include "server/fleet.h"
#include "server/view.h"

enum { DEADLINE_S = 7200, ROWS_LEAST = 20 };
static const double FIT_SHARE = 0.6, JOB_BUDGET_S = 90;

/* The body, and what its ids mean; the rows are owned. */
struct body {
    const char *model, *device, *name;
    int64_t dataset, evaluate; /* 0: the same data set's other rows */
    json_t *options, *search, *policy;
    double fit_share, memory_bytes;
    bool validate;
    struct input_model plain;
    struct dataset fit, test;
};

static enum status
read_body(struct request *rq, struct body *b)
{
    const struct json_field fields[] = {
        { "model", JF_HASH, true, &b->model, 0, 0 },
        { "dataset", JF_INT, true, &b->dataset, 1, 9e15 },
        { "evaluate", JF_INT, false, &b->evaluate, 1, 9e15 },
        { "device", JF_STR, true, &b->device, 0, 1024 },
        { "search", JF_OBJ, true, &b->search, 0, 0 },
        { "options", JF_OBJ, false, &b->options, 0, 0 },
        { "policy", JF_OBJ, false, &b->policy, 0, 0 },
        { "fit_share", JF_REAL, false, &b->fit_share, 0.05, 0.95 },
        { "memory_bytes", JF_REAL, false, &b->memory_bytes, 1, 1e15 },
        { "validate", JF_BOOL, false, &b->validate, 0, 0 },
        { "name", JF_STR, false, &b->name, 0, 200 },
    };
    enum status st;

    *b = (struct body){ .fit_share = FIT_SHARE,
        .memory_bytes = NAN,
        .validate = true,
        .name = "" };
    if ((st = JSON_READ(rq->json, "", fields, &rq->err)) != ST_OK)
        return st;
    if (json_object_get(b->search, "profile") != NULL ||
        json_object_get(b->search, "records") != NULL ||
        json_object_get(b->search, "costs") != NULL)
        return err_set(&rq->err, ST_INVALID, "request.field",
            "search must not name profile, records or costs: this call makes "
            "them");
    if (json_is_number(json_object_get(b->search, "max_drop")) ==
        json_is_number(json_object_get(b->search, "min_accuracy")))
        return err_set(&rq->err, ST_INVALID, "request.field",
            "search must have max_drop (0.01 is one point) or min_accuracy, "
            "and only one of them");
    if (json_object_get(b->options, "rows") != NULL)
        return err_set(&rq->err, ST_INVALID, "request.field",
            "options.rows is chosen by fit_share: leave it out");
    return ST_OK;
}

static void
body_clear(struct body *b)
{
    input_model_clear(&b->plain);
    dataset_clear(&b->fit);
    dataset_clear(&b->test);
}

/* A device that cannot hold the network cannot hold it with heads either; the
 * nearest miss is what it would take. */
static enum status
check_memory(const struct body *b, struct err *err)
{
    const json_t *totals = json_object_get(b->plain.analysis, "totals");
    double weights = json_get_number(totals, "weight_bytes"),
           peak = json_get_number(totals, "activation_bytes_peak");

    if (isnan(b->memory_bytes) || weights + peak <= b->memory_bytes)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "augmentation.memory",
        "the network needs %.0f bytes of weights and at its peak %.0f of "
        "activations, %.0f more than the %.0f that memory_bytes allows: give "
        "a smaller network, or cut this one short first",
        weights, peak, weights + peak - b->memory_bytes, b->memory_bytes);
}

static enum status
load(struct db *db, struct body *b, struct err *err)
{
    enum status st;

    if ((st = input_model_single(db, b->model, &b->plain, err)) != ST_OK)
        return st;
    if (json_array_size(b->plain.exits) > 1)
        return err_set(err, ST_UNPROCESSABLE, "augmentation.exits",
            "the model has %zu exits already: measure and search it with "
            "/v1/jobs, /v1/records and /v1/searches",
            json_array_size(b->plain.exits));
    if ((st = check_memory(b, err)) != ST_OK ||
        (st = input_dataset_get(db, b->dataset, &b->fit, err)) != ST_OK ||
        b->evaluate == 0)
        return st;
    if ((st = input_dataset_get(db, b->evaluate, &b->test, err)) == ST_OK &&
        strcmp(b->fit.inputs, b->test.inputs) == 0)
        st = err_set(err, ST_UNPROCESSABLE, "augmentation.rows",
            "evaluate names the same inputs as dataset: leave it out, and "
            "fit_share divides the rows");
    return st;
}

static int64_t
rows_of(const struct dataset *d)
{
    json_t *info = d->info ? view_document(d->info) : NULL;
    int64_t n = json_integer_value(json_object_get(info, "n"));

    json_decref(info);
    return n;
}

/* Enough rows for both: a part of the data set each, unless there is another
 * one to evaluate on. */
static enum status
check_rows(const struct body *b, struct err *err)
{
    const bool same = b->evaluate == 0;
    const int64_t all = rows_of(&b->fit);
    const int64_t fitted = same ? (int64_t)((double)all * b->fit_share) : all;

    if (fitted >= ROWS_LEAST && (!same || all - fitted >= ROWS_LEAST))
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "augmentation.rows",
        "%lld rows to fit on and %lld to choose and test with: at least %d of "
        "each are needed",
        (long long)fitted, (long long)(same ? all - fitted : all), ROWS_LEAST);
}

static enum status
check_device(struct db *db, const char *device, int64_t now_ms, struct err *err)
{
    const struct fleet_device **match;
    struct fleet fleet = { 0 };
    size_t n;
    enum status st = fleet_load(db, now_ms, &fleet, err);

    if (st != ST_OK)
        return st;
    match = calloc(fleet.n + 1, sizeof(*match));
    st = match != NULL ? fleet_match(&fleet, "device", device, FLEET_HOSTS,
                             match, &n, err)
                       : err_nomem(err);
    free(match);
    fleet_clear(&fleet);
    return st;
}

static json_t *
dataset_document(const struct dataset *d)
{
    return json_pack("{s:s,s:s?,s:o}", "inputs", d->inputs, "labels", d->labels,
        "preprocess", view_document(d->preprocess));
}

/* One part of the data set to fit on, or the other, by class and seed; null
 * where there is another data set for that. */
static json_t *
rows_document(const struct body *b, bool rest)
{
    const json_t *seed = json_object_get(b->options, "seed");

    if (b->evaluate != 0)
        return json_null();
    return json_pack("{s:f,s:I,s:b}", "share", b->fit_share, "seed",
        seed ? json_integer_value(seed) : (json_int_t)1, "rest", rest);
}

static json_t *
options_document(const struct body *b)
{
    json_t *o = b->options ? json_copy(b->options) : json_object();

    if (o == NULL ||
        (json_object_get(o, "target") == NULL && b->fit.labels == NULL &&
            json_object_set_new(o, "target", json_string("agreement")) != 0) ||
        (!isnan(b->memory_bytes) && json_object_set_new(o, "memory_bytes",
                                        json_real(b->memory_bytes)) != 0) ||
        (b->evaluate == 0 &&
            json_object_set_new(o, "rows", rows_document(b, false)) != 0)) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static enum status
make_documents(struct augment_order *o, const struct body *b, struct err *err)
{
    json_t *options = options_document(b);

    o->request = json_pack("{s:s,s:s,s:s,s:I,s:I,s:o,s:O?,s:O,s:o,s:b,s:o}",
        "model", b->plain.row.id, "name", b->name, "device", b->device,
        "dataset", (json_int_t)b->dataset, "evaluate",
        (json_int_t)(b->evaluate ? b->evaluate : b->dataset), "rows",
        rows_document(b, true), "options", options, "search", b->search,
        "policy",
        b->policy ? json_incref(b->policy)
                  : json_pack("{s:f}", "job_budget_s", JOB_BUDGET_S),
        "validate", b->validate, "memory_bytes",
        json_number_or_null(b->memory_bytes));
    o->payload = json_pack("{s:{s:s},s:o,s:O?}", "model", "blob", b->plain.blob,
        "dataset", dataset_document(&b->fit), "options", options);
    o->blobs =
        json_pack("[s,s,s*]", b->plain.blob, b->fit.inputs, b->fit.labels);
    json_decref(options);
    return o->request && o->payload && o->blobs ? ST_OK : err_nomem(err);
}

enum status
augment_order_read(struct request *rq, struct augment_order *o)
{
    struct body b;
    enum status st;

    *o = (struct augment_order){ .owner = rq->who.owner, .now_ms = rq->now_ms };
    if ((st = read_body(rq, &b)) == ST_OK &&
        (st = load(rq->db, &b, &rq->err)) == ST_OK &&
        (st = check_rows(&b, &rq->err)) == ST_OK &&
        (st = check_device(rq->db, b.device, rq->now_ms, &rq->err)) == ST_OK)
        st = make_documents(o, &b, &rq->err);
    body_clear(&b);
    return st;
}

void
augment_order_clear(struct augment_order *o)
{
    json_decref(o->request);
    json_decref(o->payload);
    json_decref(o->blobs);
    *o = (struct augment_order){ 0 };
}

enum status
augment_order_store(struct db *db, struct augment_order *o, struct err *err)
{
    int64_t task;
    enum status st = input_flow_add(db,
        &(struct flow){ .kind = FLOW_AUGMENTATION,
            .owner = (char *)o->owner,
            .created_ms = o->now_ms },
        o->request, &o->id, err);

    if (st != ST_OK)
        return st;
    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_AUGMENT,
            .owner = o->owner,
            .flow = o->id,
            .deadline_s = DEADLINE_S,
            .now_ms = o->now_ms },
        json_incref(o->payload), json_incref(o->blobs), &task, err);
}
