/* SPDX-License-Identifier: MIT */
#include "server/job_quantise.h"

#include <stdlib.h>
#include <string.h>

#include "server/api_util.h"
#include "server/view.h"

/* Rows to calibrate on, unless the request says which: more change little
 * (int8 ranges are the least and the largest value seen). */
enum { CALIBRATE_ROWS = 100, DEADLINE_S = 3600 };

struct range {
    int64_t from, to; /* empty: none */
};

static enum status
read_range(const json_t *a, const char *path, int64_t n, struct range *out,
    struct err *err)
{
    int64_t v[2];
    size_t len = 0;
    enum status st;

    if (a == NULL)
        return ST_OK;
    if ((st = json_read_ints(a, path, v, 2, &len, err)) != ST_OK)
        return st;
    if (len != 2 || v[0] < 0 || v[0] >= v[1] || v[1] > n)
        return err_set(err, ST_UNPROCESSABLE, "job.quantise",
            "%s must be [from, to) within the data set's %lld rows", path,
            (long long)n);
    *out = (struct range){ v[0], v[1] };
    return ST_OK;
}

static int64_t
rows_of(const struct dataset *d)
{
    json_t *info = view_document(d->info);
    int64_t n = json_integer_value(json_object_get(info, "n"));

    json_decref(info);
    return n;
}

/* The rows where the request leaves them out: the first ones calibrate, all
 * behind them are evaluated. */
static enum status
choose_rows(bool int8, int64_t n, struct range *calibrate,
    struct range *evaluate, struct err *err)
{
    if (int8 && calibrate->to == 0)
        calibrate->to = n / 2 < CALIBRATE_ROWS ? n / 2 : CALIBRATE_ROWS;
    if (int8 && calibrate->to == 0)
        return err_set(err, ST_UNPROCESSABLE, "job.quantise",
            "quantise.dataset has %lld rows: some to calibrate on and others "
            "to evaluate are needed",
            (long long)n);
    if (evaluate->to == 0 && calibrate->to < n)
        *evaluate = (struct range){ calibrate->to, n };
    if (calibrate->from < evaluate->to && evaluate->from < calibrate->to)
        return err_set(err, ST_UNPROCESSABLE, "job.quantise",
            "quantise.calibrate and quantise.evaluate share rows: what int8 "
            "was fitted to does not tell what it costs");
    return ST_OK;
}

static json_t *
range_json(struct range r)
{
    return r.to == 0 ? json_null()
                     : json_pack("[I,I]", (json_int_t)r.from, (json_int_t)r.to);
}

/* The data set's rows, where there is one. */
static enum status
read_rows(struct db *db, int64_t dataset, const json_t *given[2], bool int8,
    struct range rows[2], struct err *err)
{
    struct dataset d = { 0 };
    int64_t n = 0;
    enum status st;

    if (dataset == 0)
        return ST_OK;
    if ((st = input_dataset_get(db, dataset, &d, err)) != ST_OK)
        return st;
    n = rows_of(&d);
    dataset_clear(&d);
    if ((st = read_range(given[0], "quantise.calibrate", n, &rows[0], err)) !=
            ST_OK ||
        (st = read_range(given[1], "quantise.evaluate", n, &rows[1], err)) !=
            ST_OK)
        return st;
    return choose_rows(int8, n, &rows[0], &rows[1], err);
}

enum status
job_quantise_read(struct db *db, const json_t *given, const struct job_order *o,
    json_t **doc, struct err *err)
{
    const char *type = "int8";
    int64_t dataset = 0;
    json_t *calibrate = NULL, *evaluate = NULL, *score = NULL, *exits = NULL;
    const struct json_field fields[] = {
        { "type", JF_STR, false, &type, 0, 16 },
        { "score", JF_ANY, false, &score, 0, 0 },
        { "dataset", JF_INT, false, &dataset, 1, 9e15 },
        { "calibrate", JF_ARR, false, &calibrate, 0, 0 },
        { "evaluate", JF_ARR, false, &evaluate, 0, 0 },
    };
    struct range rows[2] = { { 0, 0 }, { 0, 0 } };
    enum status st;
    bool int8;

    if ((st = JSON_READ(given, "quantise", fields, err)) != ST_OK)
        return st;
    int8 = strcmp(type, "int8") == 0;
    if (!int8 && strcmp(type, "float32") != 0)
        return err_set(err, ST_INVALID, "request.field",
            "quantise.type must be int8 or float32");
    if (int8 && dataset == 0)
        return err_set(err, ST_UNPROCESSABLE, "job.quantise",
            "int8 needs data to calibrate on: give quantise.dataset, or "
            "\"type\":\"float32\"");
    if ((st = read_rows(db, dataset, (const json_t *[]){ calibrate, evaluate },
             int8, rows, err)) != ST_OK ||
        (st = input_exit_outputs(json_object_get(o->model.analysis, "exits"),
             score, &exits, err)) != ST_OK)
        return st;
    *doc = json_pack("{s:s,s:o,s:o,s:o,s:o,s:I,s:[],s:n,s:n}", "type", type,
        "exits", exits, "dataset", view_id(dataset), "calibrate",
        range_json(rows[0]), "evaluate", range_json(rows[1]), "queue_timeout_s",
        (json_int_t)o->queue_timeout_s, "targets", "image", "records");
    return *doc ? ST_OK : err_nomem(err);
}

enum status
job_quantise_target(json_t *doc, const char *selector,
    const char *const *devices, size_t n, struct err *err)
{
    json_t *names = json_array();
    int rc = 0;

    for (size_t i = 0; i < n; i++)
        rc |= json_array_append_new(names, json_string(devices[i]));
    rc |= json_array_append_new(json_object_get(doc, "targets"),
        json_pack("{s:s,s:o}", "selector", selector, "devices", names));
    return rc == 0 ? ST_OK : err_nomem(err);
}

/* {inputs, labels, preprocess} for the worker, null without data; their blobs
 * go to `blobs`. */
static enum status
dataset_json(struct db *db, const json_t *doc, json_t *blobs, json_t **out,
    struct err *err)
{
    int64_t id = json_integer_value(json_object_get(doc, "dataset"));
    struct dataset d = { 0 };
    enum status st;

    *out = json_null();
    if (id == 0)
        return ST_OK;
    if ((st = db_dataset_get(db, id, &d, err)) != ST_OK)
        return st;
    *out = json_pack("{s:s,s:s?,s:o}", "inputs", d.inputs, "labels", d.labels,
        "preprocess", view_document(d.preprocess));
    if (*out == NULL || json_array_append_new(blobs, json_string(d.inputs)) ||
        (d.labels && json_array_append_new(blobs, json_string(d.labels))))
        st = err_nomem(err);
    dataset_clear(&d);
    return st;
}

enum status
job_quantise_offer(struct db *db, const struct job_order *o, struct err *err)
{
    json_t *blobs = json_pack("[s]", o->model.blob), *data = NULL;
    int64_t task;
    enum status st;

    if ((st = dataset_json(db, o->quantise, blobs, &data, err)) == ST_OK)
        st = job_quantise_keep(db, o->id, o->quantise, err);
    if (st != ST_OK) {
        json_decref(blobs);
        json_decref(data);
        return st;
    }
    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_QUANTISE,
            .owner = o->owner,
            .priority = o->priority,
            .job = o->id,
            .deadline_s = DEADLINE_S,
            .queue_timeout_ms = 1000 * o->queue_timeout_s,
            .now_ms = o->now_ms },
        json_pack("{s:O,s:O,s:O,s:o,s:O,s:O}", "type",
            json_object_get(o->quantise, "type"), "exits",
            json_object_get(o->quantise, "exits"), "analysis",
            o->model.analysis, "dataset", data, "calibrate",
            json_object_get(o->quantise, "calibrate"), "evaluate",
            json_object_get(o->quantise, "evaluate")),
        blobs, &task, err);
}

enum status
job_quantise_keep(struct db *db, int64_t id, const json_t *doc, struct err *err)
{
    char *text;
    enum status st = api_text(doc, &text, err);

    if (st == ST_OK)
        st = db_job_set_quantise(db, id, text, err);
    free(text);
    return st;
}
