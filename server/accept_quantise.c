/* SPDX-License-Identifier: MIT */
/* An image for boards: it becomes part of its job, with the exit records that
 * it made; then the boards of the job have their turn. */
#include <stdlib.h>
#include <string.h>

#include "db/job.h"
#include "db/records.h"
#include "server/accept_internal.h"
#include "server/api_util.h"
#include "server/job_quantise.h"
#include "server/view.h"

enum { BUDGET_S = 900 };

/* The job as the order it was made from: what its next tasks need. */
struct next {
    struct job job;         /* owned, as are: */
    struct job_order order; /* but what it borrows of `job` */
    json_t *policy;
};

static enum status
load(struct db *db, const struct task *task, int64_t now_ms, struct next *n,
    struct err *err)
{
    struct job_order *o = &n->order;
    json_t *s;
    enum status st;

    if ((st = db_job_get(db, task->job, &n->job, err)) != ST_OK ||
        (st = input_model_get(db, n->job.model, &o->model, err)) != ST_OK)
        return st;
    n->policy = view_document(n->job.policy);
    o->levels = view_document(n->job.levels);
    o->quantise = view_document(n->job.quantise);
    if (!json_is_object(o->quantise))
        return err_set(err, ST_UNPROCESSABLE, "job.quantise",
            "job %lld is not for boards", (long long)task->job);
    s = json_object_get(n->policy, "job_budget_s");
    o->policy = n->policy;
    o->owner = n->job.owner;
    o->priority = n->job.priority;
    o->id = n->job.id;
    o->now_ms = now_ms;
    o->budget_s = s ? (int64_t)json_number_value(s) + 1 : BUDGET_S;
    o->queue_timeout_s =
        json_integer_value(json_object_get(o->quantise, "queue_timeout_s"));
    return ST_OK;
}

static void
next_clear(struct next *n)
{
    job_order_clear(&n->order);
    json_decref(n->policy);
    job_clear(&n->job);
}

/* The exit records that the image made; no id where it ran on no data. */
static enum status
add_records(struct db *db, const struct next *n, const json_t *evaluation,
    int64_t *id, struct err *err)
{
    const char *csv = NULL;
    const struct json_field fields[] = {
        { "csv", JF_HASH, true, &csv, 0, 0 },
    };
    char *text;
    enum status st;

    *id = 0;
    if (!json_is_object(evaluation))
        return ST_OK;
    if ((st = JSON_PICK(evaluation, "result.evaluation", fields, err)) !=
            ST_OK ||
        (st = accept_blob(db, "result.evaluation.csv", csv, err)) != ST_OK ||
        (st = api_text(evaluation, &text, err)) != ST_OK)
        return st;
    st = db_records_add(db,
        &(struct records){ .name = n->job.name,
            .model = n->job.model,
            .dataset = json_integer_value(
                json_object_get(n->order.quantise, "dataset")),
            .csv = (char *)csv,
            .created_ms = n->order.now_ms },
        id, err);
    if (st == ST_OK)
        st = db_records_ready(db, *id, csv, text, err);
    free(text);
    return st;
}

static enum status
offer_target(
    struct db *db, const struct next *n, const json_t *target, struct err *err)
{
    const json_t *names = json_object_get(target, "devices"), *v;
    const json_t *image = json_object_get(n->order.quantise, "image");
    const char **devices = calloc(json_array_size(names) + 1, sizeof(*devices));
    enum status st;
    size_t i;

    if (devices == NULL)
        return err_nomem(err);
    json_array_foreach(names, i, v) devices[i] = json_string_value(v);
    st = job_order_offer(db, &n->order,
        json_string_value(json_object_get(target, "selector")), devices,
        json_array_size(names), image, err);
    free(devices);
    return st;
}

static enum status
go_on(struct db *db, struct next *n, const json_t *result, int64_t records,
    struct err *err)
{
    json_t *doc = n->order.quantise, *target;
    enum status st;
    size_t i;

    if (json_object_set(doc, "image", (json_t *)result) < 0 ||
        json_object_set_new(doc, "records", view_id(records)) < 0)
        return err_nomem(err);
    st = job_quantise_keep(db, n->job.id, doc, err);
    json_array_foreach(json_object_get(doc, "targets"), i, target)
    {
        if (st == ST_OK)
            st = offer_target(db, n, target, err);
    }
    return st;
}

enum status
accept_quantise(struct db *db, const struct task *task, const json_t *result,
    int64_t now_ms, struct err *err)
{
    const char *image = NULL, *sample = NULL;
    json_t *layers, *outputs, *evaluation = NULL;
    int64_t bytes, arena, records;
    const struct json_field fields[] = {
        { "image", JF_HASH, true, &image, 0, 0 },
        { "sample", JF_HASH, true, &sample, 0, 0 },
        { "bytes", JF_INT, true, &bytes, 1, 1e10 },
        { "arena_bytes", JF_INT, true, &arena, 1, 1e10 },
        { "layers", JF_ARR, true, &layers, 0, 0 },
        { "outputs", JF_ARR, true, &outputs, 0, 0 },
        { "evaluation", JF_OBJ, false, &evaluation, 0, 0 },
    };
    struct next n = { 0 };
    enum status st;

    if ((st = accept_schema(result, "result", "offramp.image/1", err)) !=
            ST_OK ||
        (st = JSON_PICK(result, "result", fields, err)) != ST_OK ||
        (st = accept_blob(db, "result.image", image, err)) != ST_OK ||
        (st = accept_blob(db, "result.sample", sample, err)) != ST_OK)
        return st;
    if ((st = load(db, task, now_ms, &n, err)) == ST_OK &&
        (st = add_records(db, &n, evaluation, &records, err)) == ST_OK)
        st = go_on(db, &n, result, records, err);
    next_clear(&n);
    return st;
}
