/* SPDX-License-Identifier: MIT */
#include "server/right_size.h"

#include <math.h>
#include <string.h>

#include "db/plan.h"
#include "db/records.h"
#include "db/search.h"
#include "server/view.h"

/* A cost of a document: a number, [median, lo, hi], or null (of a head: there
 * is none). */
static double
cost_of(const json_t *exit, const char *part, const char *metric)
{
    const json_t *v = json_object_get(json_object_get(exit, part), metric);

    if (json_is_array(v))
        v = json_array_get(v, 0);
    if (json_is_number(v))
        return json_number_value(v);
    return strcmp(part, "head") == 0 &&
                   json_is_null(json_object_get(exit, "head"))
               ? 0
               : NAN;
}

static enum status
fill(const json_t *plan, const json_t *costs, const json_t *summary,
    json_t *out, struct err *err)
{
    const json_t *exits = json_object_get(costs, "exits"), *x;
    const char *metric = json_get_string(plan, "objective", "");
    const char *judged =
        strcmp(json_get_string(plan, "reference", ""), "final") == 0
            ? "agree"
            : "accuracy";
    double way = 0, full = 0, floor = json_get_number(plan, "floor");
    size_t i, last = json_array_size(exits) - 1;

    json_array_foreach(exits, i, x) full += cost_of(x, "segment", metric);
    json_array_foreach(exits, i, x)
    {
        const json_t *seen =
            json_array_get(json_object_get(summary, "exits"), i);
        double accuracy = json_get_number(seen, judged);

        way += cost_of(x, "segment", metric);
        if (i < last &&
            json_array_append_new(
                out, json_pack("{s:I,s:s,s:o,s:o,s:o,s:b}", "index",
                         (json_int_t)i, "name", json_get_string(x, "name", ""),
                         "accuracy", json_number_or_null(accuracy), "cost",
                         json_number_or_null(way + cost_of(x, "head", metric)),
                         "cost_full", json_number_or_null(full), "meets_floor",
                         accuracy >= floor)) < 0)
            return err_nomem(err);
    }
    return ST_OK;
}

enum status
right_size(
    struct db *db, int64_t id, json_t **out, bool *infeasible, struct err *err)
{
    struct plan plan = { 0 };
    struct search search = { 0 };
    struct records records = { 0 };
    json_t *doc = NULL, *costs = NULL, *summary = NULL;
    enum status st;

    *out = NULL;
    if ((st = db_plan_get(db, id, &plan, err)) == ST_OK &&
        (st = db_search_get(db, plan.search, &search, err)) == ST_OK &&
        (st = db_records_get(db, plan.records, &records, err)) == ST_OK) {
        doc = view_document(plan.document);
        costs = view_document(search.costs);
        summary = view_document(records.summary);
        *out = json_array();
        st = doc && costs && summary && *out
                 ? fill(doc, costs, summary, *out, err)
                 : err_nomem(err);
        *infeasible =
            strcmp(json_get_string(doc, "status", ""), "infeasible") == 0;
    }
    if (st != ST_OK) {
        json_decref(*out);
        *out = NULL;
    }
    json_decref(doc);
    json_decref(costs);
    json_decref(summary);
    plan_clear(&plan);
    search_clear(&search);
    records_clear(&records);
    return st;
}
