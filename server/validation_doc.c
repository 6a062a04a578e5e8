/* SPDX-License-Identifier: MIT */
#include "server/validation_doc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/flag.h"
#include "db/plan.h"
#include "db/profile.h"
#include "db/records.h"
#include "server/api_util.h"
#include "server/view.h"

void
stage_clear(struct stage *s)
{
    flow_clear(&s->flow);
    json_decref(s->request);
    json_decref(s->document);
}

enum status
stage_load(struct db *db, int64_t id, struct stage *s, struct err *err)
{
    enum status st;

    *s = (struct stage){ 0 };
    if ((st = db_flow_get(db, FLOW_VALIDATION, id, &s->flow, err)) != ST_OK)
        return st;
    s->request = view_document(s->flow.request);
    s->document =
        s->flow.document ? view_document(s->flow.document) : json_object();
    return s->request && s->document ? ST_OK : err_nomem(err);
}

enum status
stage_store(struct db *db, const struct stage *s, struct err *err)
{
    char *text;
    enum status st = api_text(s->document, &text, err);

    if (st == ST_OK)
        st = db_flow_set(db, s->flow.id, 0, text, err);
    free(text);
    return st;
}

enum status
value_read(const json_t *o, const char *path, struct value *v, struct err *err)
{
    const struct json_field fields[] = {
        { "median", JF_REAL, true, &v->median, 1e-9, 1e18 },
        { "ci95_lo", JF_REAL, false, &v->lo, 0, 0 },
        { "ci95_hi", JF_REAL, false, &v->hi, 0, 0 },
    };
    enum status st;

    *v = (struct value){ NAN, NAN, NAN };
    if ((st = JSON_PICK(o, path, fields, err)) != ST_OK)
        return st;
    if (v->median < v->lo || v->median > v->hi)
        return err_set(err, ST_UNPROCESSABLE, "result.interval",
            "%s: the median is outside of its interval", path);
    return ST_OK;
}

bool
value_disagree(const struct value *a, const struct value *b)
{
    return a->lo > b->hi || b->lo > a->hi;
}

json_t *
value_residual(const struct value *measured, const struct value *predicted)
{
    return json_pack("{s:o,s:o}", "rel",
        json_number_or_null(
            (measured->median - predicted->median) / predicted->median),
        "within",
        isnan(measured->lo) || isnan(predicted->lo)
            ? json_null()
            : json_boolean(!value_disagree(measured, predicted)));
}

json_t *
stage_same_shares(
    const json_t *predicted, const json_t *rows, const json_t *exits)
{
    const json_t *want = json_object_get(predicted, "exits"), *x;
    size_t i;

    if (strcmp(json_get_string(rows, "of", ""), "held_out") != 0)
        return json_null();
    if (json_array_size(want) != json_array_size(exits))
        return json_false();
    json_array_foreach(exits, i, x)
    {
        if (json_get_number(x, "n") !=
            json_get_number(json_array_get(want, i), "n"))
            return json_false();
    }
    return json_true();
}

bool
stage_same_env(const struct stage *s, const char *fingerprint)
{
    return strcmp(fingerprint,
               json_get_string(s->request, "env_fingerprint", "")) == 0;
}

enum status
stage_blame(struct db *db, const struct stage *s, const struct task *task,
    bool off, struct err *err)
{
    const json_t *r = json_object_get(s->document, "residual");
    const char *device = json_get_string(s->request, "profile_device", NULL);

    if (!off || !json_is_true(json_object_get(r, "same_env")) ||
        json_is_false(json_object_get(r, "same_shares")) ||
        task->device == NULL || device == NULL ||
        strcmp(task->device, device) != 0)
        return ST_OK;
    return db_profile_note(db, (int64_t)json_get_number(s->request, "profile"),
        FLAG(residual), err);
}

enum status
stage_warn(
    struct db *db, struct stage *s, const json_t *result, struct err *err)
{
    const json_t *full = json_object_get(result, "full");
    struct plan plan = { 0 };
    struct records records = { 0 };
    json_t *summary = NULL;
    enum status st;

    if ((st = db_plan_get(db, s->flow.plan, &plan, err)) == ST_OK)
        st = db_records_get(db, plan.records, &records, err);
    if (st == ST_OK && (summary = view_document(records.summary)) == NULL)
        st = err_nomem(err);
    if (st == ST_OK &&
        json_object_set_new(s->document, "warnings",
            chance_warnings(json_get_number(full, "accuracy"),
                json_integer_value(json_object_get(result, "n")),
                json_integer_value(json_object_get(summary, "classes")))) != 0)
        st = err_nomem(err);
    json_decref(summary);
    records_clear(&records);
    plan_clear(&plan);
    return st;
}
