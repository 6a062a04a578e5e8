/* SPDX-License-Identifier: MIT */
/* The two stages of a validation: what a worker made of the plan goes to the
 * device, and what the device measured is compared with what was expected. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/flag.h"
#include "db/flow.h"
#include "server/accept_internal.h"
#include "server/api_input.h"
#include "server/relay_order.h"
#include "server/validation_doc.h"

enum { DEVICES_MAX = 256, DEADLINE_REST_S = 600 };

/* ---- deploy ---- */

/* Every file that the device needs, each checked to be here. */
static enum status
collect_blobs(struct db *db, const json_t *deployment, const json_t *rows,
    json_t *blobs, struct err *err)
{
    static const char *const parts[] = { "segment", "head" };
    static const char *const in_rows[] = { "inputs", "labels" };
    const char *hex[2 * 64 + 3];
    const json_t *x;
    size_t i, n = 0;
    enum status st;

    hex[n++] = json_get_string(deployment, "full", "");
    for (i = 0; i < 2; i++)
        hex[n++] = json_get_string(rows, in_rows[i], NULL);
    json_array_foreach(json_object_get(deployment, "exits"), i, x)
    {
        for (size_t p = 0; i < 64 && p < 2; p++)
            hex[n++] = json_get_string(x, parts[p], NULL);
    }
    for (i = 0; i < n; i++) {
        if (hex[i] == NULL)
            continue;
        if ((st = accept_blob(db, "result", hex[i], err)) != ST_OK)
            return st;
        if (json_array_append_new(blobs, json_string(hex[i])) < 0)
            return err_nomem(err);
    }
    return ST_OK;
}

static enum status
add_validate(struct db *db, const struct task *task, const struct stage *s,
    const json_t *deployment, int64_t now_ms, struct err *err)
{
    const json_t *devices = json_object_get(s->request, "devices");
    json_t *rows = json_object_get(deployment, "rows");
    double budget_s = json_get_number(s->request, "budget_s");
    const char *names[DEVICES_MAX];
    size_t n = json_array_size(devices);
    json_t *blobs = json_array();
    int64_t id;
    enum status st;

    n = n < DEVICES_MAX ? n : DEVICES_MAX;
    for (size_t i = 0; i < n; i++)
        names[i] = json_string_value(json_array_get(devices, i));
    if (blobs == NULL)
        return err_nomem(err);
    if ((st = collect_blobs(db, deployment, rows, blobs, err)) != ST_OK) {
        json_decref(blobs);
        return st;
    }
    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_VALIDATE,
            .owner = task->owner,
            .priority = task->priority,
            .flow = task->flow,
            .selector = json_get_string(s->request, "device", NULL),
            .devices = names,
            .n_devices = n,
            .deadline_s = (int64_t)(2 * budget_s) + DEADLINE_REST_S,
            .now_ms = now_ms },
        json_pack("{s:{s:O,s:O},s:O,s:{s:f,s:O*},s:I}", "deployment", "full",
            json_object_get(deployment, "full"), "exits",
            json_object_get(deployment, "exits"), "rows", rows, "policy",
            "budget_s", budget_s, "ci_rel",
            json_object_get(s->request, "ci_rel"), "seed",
            (json_int_t)task->flow),
        blobs, &id, err);
}

enum status
accept_deploy(struct db *db, const struct task *task, const json_t *result,
    int64_t now_ms, struct err *err)
{
    json_t *exits, *rows, *predicted, *input;
    const char *schema, *onnx, *full;
    const struct json_field fields[] = {
        { "schema", JF_STR, true, &schema, 0, 64 },
        { "onnx", JF_HASH, true, &onnx, 0, 0 },
        { "full", JF_HASH, true, &full, 0, 0 },
        { "input", JF_OBJ, true, &input, 0, 0 },
        { "exits", JF_ARR, true, &exits, 0, 0 },
        { "rows", JF_OBJ, true, &rows, 0, 0 },
        { "predicted", JF_OBJ, true, &predicted, 0, 0 },
    };
    struct stage s = { 0 };
    enum status st;

    if ((st = accept_schema(result, "result", "offramp.deployment/1", err)) !=
            ST_OK ||
        (st = JSON_PICK(result, "result", fields, err)) != ST_OK ||
        (st = accept_blob(db, "result.onnx", onnx, err)) != ST_OK)
        return st;
    if ((st = stage_load(db, task->flow, &s, err)) == ST_OK &&
        json_object_set_new(s.document, "deployment",
            json_pack("{s:s,s:s,s:s,s:O,s:O,s:O,s:O*}", "schema", schema,
                "onnx", onnx, "full", full, "input", input, "exits", exits,
                "rows", rows, "chain", json_object_get(result, "chain"))) != 0)
        st = err_nomem(err);
    if (st == ST_OK && json_object_set(s.document, "predicted", predicted) != 0)
        st = err_nomem(err);
    if (st == ST_OK && (st = stage_store(db, &s, err)) == ST_OK)
        st = json_object_get(s.request, "processors") != NULL
                 ? relay_order_start(db, &s, task, now_ms, err)
                 : add_validate(db, task, &s, result, now_ms, err);
    stage_clear(&s);
    return st;
}

/* ---- validate ---- */

/* What the result must have, read. */
struct measured {
    json_t *exits, *plan, *full, *flags;
    struct value plan_mean, full_mean;
    const char *fingerprint;
};

static enum status
read_measured(const json_t *result, struct measured *m, struct err *err)
{
    int64_t n, rounds, flags;
    json_t *plan_mean = NULL, *full_mean = NULL;
    const struct json_field fields[] = {
        { "env_fingerprint", JF_HASH, true, &m->fingerprint, 0, 0 },
        { "n", JF_INT, true, &n, 1, 1e12 },
        { "rounds", JF_INT, true, &rounds, 1, 1e9 },
        { "exits", JF_ARR, true, &m->exits, 0, 0 },
        { "plan", JF_OBJ, true, &m->plan, 0, 0 },
        { "full", JF_OBJ, true, &m->full, 0, 0 },
        { "flags", JF_ARR, true, &m->flags, 0, 0 },
    };
    const struct json_field in_plan[] = {
        { "mean_ns", JF_OBJ, true, &plan_mean, 0, 0 },
    };
    const struct json_field in_full[] = {
        { "mean_ns", JF_OBJ, true, &full_mean, 0, 0 },
    };
    enum status st;

    if ((st = accept_schema(result, "result", "offramp.validation/1", err)) !=
            ST_OK ||
        (st = JSON_PICK(result, "result", fields, err)) != ST_OK ||
        (st = flag_from_json(m->flags, &flags, err)) != ST_OK ||
        (st = JSON_PICK(m->plan, "result.plan", in_plan, err)) != ST_OK ||
        (st = JSON_PICK(m->full, "result.full", in_full, err)) != ST_OK ||
        (st = value_read(
             plan_mean, "result.plan.mean_ns", &m->plan_mean, err)) != ST_OK)
        return st;
    return value_read(full_mean, "result.full.mean_ns", &m->full_mean, err);
}

static enum status
compare(struct stage *s, const struct measured *m, bool *off, struct err *err)
{
    const json_t *predicted = json_object_get(s->document, "predicted");
    const json_t *rows =
        json_object_get(json_object_get(s->document, "deployment"), "rows");
    struct value plan, full;
    enum status st;

    if ((st = value_read(json_object_get(predicted, "mean_ns"),
             "predicted.mean_ns", &plan, err)) != ST_OK ||
        (st = value_read(json_object_get(predicted, "full_mean_ns"),
             "predicted.full_mean_ns", &full, err)) != ST_OK)
        return st;
    *off = value_disagree(&m->plan_mean, &plan);
    if (json_object_set_new(s->document, "residual",
            json_pack("{s:o,s:o,s:o,s:f,s:b}", "mean",
                value_residual(&m->plan_mean, &plan), "full_mean",
                value_residual(&m->full_mean, &full), "same_shares",
                stage_same_shares(predicted, rows, m->exits), "saving",
                1 - m->plan_mean.median / m->full_mean.median, "same_env",
                stage_same_env(s, m->fingerprint))) != 0)
        return err_nomem(err);
    return ST_OK;
}

enum status
accept_validate(struct db *db, const struct task *task, const json_t *result,
    int64_t now_ms, struct err *err)
{
    struct measured m;
    struct stage s = { 0 };
    bool off = false;
    enum status st;

    (void)now_ms;
    if ((st = read_measured(result, &m, err)) != ST_OK ||
        (st = stage_load(db, task->flow, &s, err)) != ST_OK)
        return st;
    if (json_object_set(s.document, "measured", (json_t *)result) != 0)
        st = err_nomem(err);
    if (st == ST_OK && (st = compare(&s, &m, &off, err)) == ST_OK &&
        (st = stage_warn(db, &s, result, err)) == ST_OK &&
        (st = stage_store(db, &s, err)) == ST_OK)
        st = stage_blame(db, &s, task, off, err);
    stage_clear(&s);
    return st;
}
