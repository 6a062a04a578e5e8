/* SPDX-License-Identifier: MIT */
/* A mapped plan that ran across its processors: the first one's result is the
 * validation's, and is compared with what was expected. */
#include <math.h>
#include <string.h>

#include "base/flag.h"
#include "server/accept_internal.h"
#include "server/validation_doc.h"
#include "server/view.h"

enum status
payload_relay(struct db *db, const struct payload_ask *ask, json_t *payload,
    struct err *err)
{
    const double at = json_get_number(payload, "at");

    return at + 1 < json_get_number(payload, "length")
               ? accept_give_peer(db, ask->task, payload, err)
               : ST_OK;
}

static enum status
check(const json_t *result, struct err *err)
{
    int64_t n, rounds, flags;
    const char *fingerprint;
    json_t *exits = NULL, *plan = NULL, *processors = NULL, *names = NULL;
    const struct json_field fields[] = {
        { "env_fingerprint", JF_HASH, true, &fingerprint, 0, 0 },
        { "n", JF_INT, true, &n, 1, 1e12 },
        { "rounds", JF_INT, true, &rounds, 0, 1e9 },
        { "exits", JF_ARR, true, &exits, 0, 0 },
        { "plan", JF_OBJ, true, &plan, 0, 0 },
        { "processors", JF_ARR, true, &processors, 0, 0 },
        { "flags", JF_ARR, true, &names, 0, 0 },
    };
    enum status st = accept_schema(result, "result", "offramp.relay/1", err);

    if (st == ST_OK && (st = JSON_PICK(result, "result", fields, err)) == ST_OK)
        st = flag_from_json(names, &flags, err);
    return st;
}

static bool
is_time(const json_t *value)
{
    return json_is_number(json_object_get(value, "median"));
}

/* Of two times; only where both are known. */
static enum status
time_residual(const json_t *measured, const json_t *expected, json_t **out,
    bool *off, struct err *err)
{
    struct value m, p;
    enum status st;

    *out = json_null();
    *off = false;
    if (!is_time(measured) || !is_time(expected))
        return ST_OK;
    if ((st = value_read(measured, "result.mean_ns", &m, err)) != ST_OK ||
        (st = value_read(expected, "predicted.mean_ns", &p, err)) != ST_OK)
        return st;
    *out = value_residual(&m, &p);
    *off = value_disagree(&m, &p);
    return ST_OK;
}

/* Of two counts, which have no interval. */
static json_t *
count_residual(const json_t *measured, const json_t *expected)
{
    const struct value m = { json_get_number(measured, "mean_instructions"),
        NAN, NAN };
    const struct value p = { json_get_number(expected, "mean_instructions"),
        NAN, NAN };

    return isfinite(m.median) && p.median > 0 ? value_residual(&m, &p)
                                              : json_null();
}

/* Of each hand-over, in the order of processors. */
static json_t *
link_residuals(const json_t *result, const json_t *predicted)
{
    const json_t *want = json_object_get(predicted, "processors"), *is;
    json_t *list = json_array();
    size_t i;

    json_array_foreach(json_object_get(result, "processors"), i, is)
    {
        const struct value m = { json_get_number(is, "link_ns"), NAN, NAN };
        const struct value p = {
            json_get_number(json_array_get(want, i), "link_ns"), NAN, NAN
        };

        json_array_append_new(list, isfinite(m.median) && p.median > 0
                                        ? value_residual(&m, &p)
                                        : json_null());
    }
    return list;
}

/* On fewer rows than were planned, shares are of other rows. */
static json_t *
shares(const json_t *predicted, const json_t *rows, const json_t *result)
{
    if (json_get_number(result, "n") != json_get_number(rows, "n"))
        return json_null();
    return stage_same_shares(predicted, rows, json_object_get(result, "exits"));
}

/* Against the network without exits, by time or else by counts. */
static double
saving(const json_t *plan, const json_t *full)
{
    const char *const mean = "mean_ns", *const count = "mean_instructions";

    if (is_time(json_object_get(full, mean)))
        return 1 - json_get_number(json_object_get(plan, mean), "median") /
                       json_get_number(json_object_get(full, mean), "median");
    return 1 - json_get_number(plan, count) / json_get_number(full, count);
}

/* What only a board alone has: its full network, and one environment. */
static enum status
compare_alone(
    struct stage *s, const json_t *result, json_t *residual, struct err *err)
{
    const json_t *predicted = json_object_get(s->document, "predicted");
    const json_t *plan = json_object_get(result, "plan");
    const json_t *full = json_object_get(result, "full");
    json_t *full_mean;
    bool off;
    enum status st;

    if (!json_is_object(full))
        return ST_OK;
    st = time_residual(json_object_get(full, "mean_ns"),
        json_object_get(predicted, "full_mean_ns"), &full_mean, &off, err);
    if (st != ST_OK)
        return st;
    if (json_object_set_new(residual, "full_mean", full_mean) != 0 ||
        json_object_set_new(
            residual, "saving", json_number_or_null(saving(plan, full))) != 0 ||
        json_object_set_new(residual, "same_env",
            json_boolean(stage_same_env(
                s, json_get_string(result, "env_fingerprint", "")))) != 0)
        return err_nomem(err);
    return ST_OK;
}

static enum status
compare(struct stage *s, const json_t *result, bool *off, struct err *err)
{
    const json_t *predicted = json_object_get(s->document, "predicted");
    const json_t *plan = json_object_get(result, "plan");
    const json_t *rows =
        json_object_get(json_object_get(s->document, "deployment"), "rows");
    json_t *mean = NULL, *residual;
    enum status st = time_residual(json_object_get(plan, "mean_ns"),
        json_object_get(predicted, "mean_ns"), &mean, off, err);

    if (st != ST_OK)
        return st;
    residual = json_pack("{s:o, s:o, s:o, s:o, s:O?}", "mean", mean,
        "mean_instructions", count_residual(plan, predicted), "links",
        link_residuals(result, predicted), "same_shares",
        shares(predicted, rows, result), "outputs_equal",
        json_object_get(json_object_get(result, "outputs"), "equal"));
    if (json_object_set_new(s->document, "residual", residual) != 0)
        return err_nomem(err);
    return compare_alone(s, result, residual, err);
}

enum status
accept_relay(struct db *db, const struct task *task, const json_t *result,
    int64_t now_ms, struct err *err)
{
    json_t *payload = view_document(task->payload);
    const bool leads = json_get_number(payload, "at") == 0;
    struct stage s = { 0 };
    bool off = false;
    enum status st;

    (void)now_ms;
    json_decref(payload);
    if (!leads)
        return accept_schema(result, "result", "offramp.relay_served/1", err);
    if ((st = check(result, err)) != ST_OK ||
        (st = stage_load(db, task->flow, &s, err)) != ST_OK)
        return st;
    json_object_del(s.document, "partial");
    if (json_object_set(s.document, "measured", (json_t *)result) != 0)
        st = err_nomem(err);
    if (st == ST_OK && (st = compare(&s, result, &off, err)) == ST_OK &&
        (st = stage_warn(db, &s, result, err)) == ST_OK &&
        (st = stage_store(db, &s, err)) == ST_OK)
        st = stage_blame(db, &s, task, off, err);
    stage_clear(&s);
    return st;
}
