/* SPDX-License-Identifier: MIT */
#include "server/live_curve.h"

#include <stdlib.h>
#include <string.h>

#include "db/flow.h"
#include "server/api_util.h"
#include "server/view.h"

enum { POINTS_MAX = 128, POLICIES_MAX = 64, COLUMNS = 5 };

static enum status
check_points(const json_t *points, struct err *err)
{
    const json_t *p, *v;
    size_t i, k;

    json_array_foreach(points, i, p)
    {
        if (json_array_size(p) != COLUMNS)
            return err_set(err, ST_INVALID, "request.field",
                "points[%zu] must have %d members", i, COLUMNS);
        json_array_foreach(p, k, v)
        {
            if (!json_is_number(v) && !json_is_null(v))
                return err_set(err, ST_INVALID, "request.field",
                    "points[%zu][%zu] must be a number or null", i, k);
        }
    }
    return ST_OK;
}

/* The entry of this policy, made where there is none yet; borrowed. */
static json_t *
entry(json_t *curve, const char *policy)
{
    json_t *e;
    size_t i;

    json_array_foreach(curve, i, e)
    {
        if (strcmp(json_get_string(e, "policy", ""), policy) == 0)
            return e;
    }
    if (json_array_size(curve) == POLICIES_MAX ||
        json_array_append_new(
            curve, json_pack("{s:s,s:[]}", "policy", policy, "points")) < 0)
        return NULL;
    return json_array_get(curve, json_array_size(curve) - 1);
}

static enum status
extend(json_t *document, int64_t n, const json_t *part, struct err *err)
{
    const char *policy = NULL;
    json_t *points = NULL, *curve, *e, *all;
    const struct json_field fields[] = {
        { "policy", JF_STR, true, &policy, 0, 64 },
        { "points", JF_ARR, true, &points, 0, 0 },
    };
    enum status st = JSON_PICK(part, "", fields, err);

    if (st != ST_OK || (st = check_points(points, err)) != ST_OK)
        return st;
    if (n == 0 || json_object_get(document, "curve") == NULL)
        if (json_object_set_new(document, "curve", json_array()) < 0)
            return err_nomem(err);
    curve = json_object_get(document, "curve");
    if ((e = entry(curve, policy)) == NULL)
        return err_nomem(err);
    all = json_object_get(e, "points");
    if (json_array_size(all) + json_array_size(points) > POINTS_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "points of %.64s: more than %d", policy, POINTS_MAX);
    return json_array_extend(all, points) < 0 ? err_nomem(err) : ST_OK;
}

enum status
live_curve_add(
    struct db *db, int64_t flow, int64_t n, const json_t *part, struct err *err)
{
    struct flow f = { 0 };
    json_t *document = NULL;
    char *text = NULL;
    enum status st = db_flow_get(db, FLOW_TRIAL, flow, &f, err);

    if (st == ST_OK) {
        document = f.document ? view_document(f.document) : json_object();
        st = document != NULL ? extend(document, n, part, err) : err_nomem(err);
    }
    if (st == ST_OK && (st = api_text(document, &text, err)) == ST_OK)
        st = db_flow_set(db, flow, 0, text, err);
    free(text);
    json_decref(document);
    flow_clear(&f);
    return st;
}
