/* SPDX-License-Identifier: MIT */
/* selection_order.c -- one of several configurations for each sample, each a
 * profile (or costs) with exit records, and a plan where it leaves early. */
#include <math.h>
#include <string.h>

#include "db/blob.h"
#include "db/plan.h"
#include "server/api_input.h"
#include "server/costs_check.h"
#include "server/order_input.h"
#include "server/partition_order.h"

enum { CONFIGS_MIN = 2, CONFIGS_MAX = 64 };

#define BAD(err, ...) err_set(err, ST_INVALID, "request.field", __VA_ARGS__)

struct ask {
    const char *objective, *rule, *features;
    json_t *configs;
    int64_t images, folds, seed;
    double theta, feature_cost;
    bool channels_last;
};

static enum status
read_ask(const json_t *doc, struct ask *a, struct err *err)
{
    const struct json_field fields[] = {
        { "configs", JF_ARR, true, &a->configs, 0, 0 },
        { "features", JF_HASH, false, &a->features, 0, 0 },
        { "images", JF_INT, false, &a->images, 1, 9e15 },
        { "channels_last", JF_BOOL, false, &a->channels_last, 0, 0 },
        { "feature_cost", JF_REAL, false, &a->feature_cost, 0, 1e18 },
        { "objective", JF_STR, false, &a->objective, 0, 64 },
        { "rule", JF_STR, false, &a->rule, 0, 16 },
        { "theta", JF_REAL, false, &a->theta, 0, 1 },
        { "folds", JF_INT, false, &a->folds, 2, 100 },
        { "seed", JF_INT, false, &a->seed, 0, 1e15 },
    };
    enum status st;

    *a = (struct ask){ .objective = "latency_ns",
        .rule = "accuracy",
        .theta = 0.005,
        .folds = 10,
        .seed = 1,
        .feature_cost = NAN };
    if ((st = JSON_READ(doc, "selection", fields, err)) != ST_OK)
        return st;
    if ((a->features == NULL) == (a->images == 0))
        return BAD(err, "give features (a blob, .npy) or images (a data set "
                        "of them), and only one of them");
    if (strcmp(a->rule, "accuracy") != 0 && strcmp(a->rule, "optimal") != 0)
        return BAD(err, "selection.rule must be accuracy or optimal");
    if (json_array_size(a->configs) < CONFIGS_MIN ||
        json_array_size(a->configs) > CONFIGS_MAX)
        return BAD(err,
            "selection.configs must be %d to %d: there must be "
            "something to choose between",
            CONFIGS_MIN, CONFIGS_MAX);
    return ST_OK;
}

static enum status
plan_document(struct db *db, int64_t id, json_t **out, struct err *err)
{
    struct plan plan = { 0 };
    enum status st;

    *out = NULL;
    if (id == 0)
        return ST_OK;
    if ((st = db_plan_get(db, id, &plan, err)) == ST_OK)
        st = json_parse(plan.document, strlen(plan.document), out, err);
    plan_clear(&plan);
    return st;
}

static enum status
add_config(struct db *db, const json_t *doc, size_t i, const struct ask *a,
    json_t *list, json_t *blobs, struct err *err)
{
    struct order_input in = { 0 };
    const char *name = NULL;
    int64_t records = 0, plan_id = 0;
    json_t *costs = NULL, *plan = NULL;
    const struct json_field fields[] = {
        { "name", JF_STR, true, &name, 0, 64 },
        { "records", JF_INT, true, &records, 1, 9e15 },
        { "profile", JF_INT, false, &in.profile, 1, 9e15 },
        { "costs", JF_OBJ, false, &costs, 0, 0 },
        { "plan", JF_INT, false, &plan_id, 1, 9e15 },
    };
    char path[40];
    enum status st;

    snprintf(path, sizeof(path), "selection.configs[%zu]", i);
    if ((st = JSON_READ(doc, path, fields, err)) == ST_OK &&
        (st = order_input_costs(db, &in, costs, false, err)) == ST_OK &&
        (st = costs_check_objective(in.costs, a->objective, err)) == ST_OK &&
        (st = order_input_records(db, &in, records, err)) == ST_OK &&
        (st = order_input_fit(&in, "label", err)) == ST_OK &&
        (st = plan_document(db, plan_id, &plan, err)) == ST_OK &&
        (json_array_append_new(
             list, json_pack("{s:s,s:s,s:O,s:O*}", "name", name, "records",
                       in.records.csv, "costs", in.costs, "plan", plan)) < 0 ||
            json_array_append_new(blobs, json_string(in.records.csv)) < 0))
        st = err_nomem(err);
    json_decref(plan);
    order_input_clear(&in);
    return st;
}

/* The blob that features come from, or are computed from. */
static enum status
find_source(struct db *db, const struct ask *a, json_t **hex, struct err *err)
{
    struct dataset d = { 0 };
    enum status st;

    if (a->features != NULL) {
        st = input_blob_check(db, "selection.features", a->features, err);
        *hex = json_string(a->features);
    } else {
        st = input_dataset_get(db, a->images, &d, err);
        *hex = st == ST_OK ? json_string(d.inputs) : NULL;
        dataset_clear(&d);
    }
    return st == ST_OK && *hex == NULL ? err_nomem(err) : st;
}

enum status
selection_order_read(
    struct db *db, const json_t *doc, struct policy_task *out, struct err *err)
{
    json_t *configs = json_array(), *hex = NULL;
    struct ask a;
    enum status st;

    *out = (struct policy_task){ .blobs = json_array() };
    st = read_ask(doc, &a, err);
    for (size_t i = 0; st == ST_OK && i < json_array_size(a.configs); i++)
        st = add_config(
            db, json_array_get(a.configs, i), i, &a, configs, out->blobs, err);
    if (st == ST_OK && (st = find_source(db, &a, &hex, err)) == ST_OK &&
        (json_array_append(out->blobs, hex) < 0 ||
            (out->payload = json_pack(
                 "{s:s,s:O,s:O,s:{s:s,s:s,s:f,s:I,s:I,s:o,s:b}}", "kind",
                 "selection", "configs", configs,
                 a.features ? "features" : "images", hex, "ask", "objective",
                 a.objective, "rule", a.rule, "theta", a.theta, "folds",
                 (json_int_t)a.folds, "seed", (json_int_t)a.seed,
                 "feature_cost", json_number_or_null(a.feature_cost),
                 "channels_last", a.channels_last)) == NULL))
        st = err_nomem(err);
    json_decref(configs);
    json_decref(hex);
    return st;
}
