/* SPDX-License-Identifier: MIT */
/* A search's plan and its curve. */
#include <stdlib.h>

#include "db/plan.h"
#include "db/search.h"
#include "server/accept_internal.h"
#include "server/api_util.h"

enum status
accept_search(struct db *db, const struct task *task, const json_t *result,
    int64_t now_ms, struct err *err)
{
    const char *status, *objective;
    json_t *plan = NULL, *curve = NULL, *exits;
    const struct json_field members[] = {
        { "plan", JF_OBJ, true, &plan, 0, 0 },
        { "curve", JF_ARR, true, &curve, 0, 0 },
    };
    const struct json_field in_plan[] = {
        { "status", JF_STR, true, &status, 0, 16 },
        { "objective", JF_STR, true, &objective, 0, 64 },
        { "exits", JF_ARR, true, &exits, 0, 0 },
    };
    char *plan_text = NULL, *curve_text = NULL;
    int64_t id;
    enum status st;

    if ((st = JSON_PICK(result, "result", members, err)) != ST_OK ||
        (st = accept_schema(plan, "result.plan", "offramp.plan/1", err)) !=
            ST_OK ||
        (st = JSON_PICK(plan, "result.plan", in_plan, err)) != ST_OK)
        return st;
    if ((st = api_text(plan, &plan_text, err)) == ST_OK &&
        (st = api_text(curve, &curve_text, err)) == ST_OK &&
        (st = db_plan_add(db, task->search, plan_text, now_ms, &id, err)) ==
            ST_OK)
        st = db_search_set_curve(db, task->search, curve_text, err);
    free(plan_text);
    free(curve_text);
    return st;
}
