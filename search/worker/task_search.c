/* SPDX-License-Identifier: MIT */
/* The `search` task: records and measured costs into a plan and its curve. */
#include <stdio.h>

#include "search/data/plan.h"
#include "search/worker/kinds.h"

/* Progress is the proof's: how far the bound has come, in thousandths. */
static bool
watch(void *ctx, const struct search_progress *p)
{
    bool known = p->cost > 0 && p->lower_bound > 0;
    char detail[128];

    if (known)
        snprintf(detail, sizeof(detail), "best %.6g, bound %.6g, %llu nodes",
            p->cost, p->lower_bound, (unsigned long long)p->nodes);
    task_progress(ctx, "search",
        known ? (int64_t)(1000 * p->lower_bound / p->cost) : 0, 1000,
        known ? detail : NULL);
    return false;
}

static enum status
load(struct task *t, struct records *records, struct costs *costs,
    struct search_options *options, struct err *err)
{
    const char *hex = NULL;
    json_t *doc = NULL, *problem = NULL;
    const struct json_field fields[] = {
        { "costs", JF_OBJ, true, &doc, 0, 0 },
        { "records", JF_HASH, true, &hex, 0, 0 },
        { "problem", JF_OBJ, true, &problem, 0, 0 },
    };
    char path[PATH_MAX];
    enum status st;

    if ((st = JSON_PICK(t->payload, "payload", fields, err)) != ST_OK ||
        (st = costs_read(doc, costs, err)) != ST_OK ||
        (st = task_blob_path(t, hex, path, err)) != ST_OK ||
        (st = records_load(path, records, err)) != ST_OK)
        return st;
    return search_options_read(problem, options, err);
}

static enum status
run(struct task *t, json_t **result, struct err *err)
{
    struct search_options options;
    struct records records = { 0 };
    struct costs costs = { 0 };
    json_t *plan = NULL, *curve = NULL;
    enum status st;

    search_options_init(&options);
    if ((st = load(t, &records, &costs, &options, err)) == ST_OK) {
        options.watch = watch;
        options.watch_ctx = t;
        st = search_records(&records, &costs, &options, &plan, &curve, err);
    }
    if (st == ST_OK) {
        *result = json_pack("{s:o,s:o}", "plan", plan, "curve", curve);
        st = *result ? ST_OK : err_nomem(err);
    }
    records_clear(&records);
    costs_clear(&costs);
    return st;
}

const struct task_kind task_search = {
    .name = "search",
    .run = run,
    .blame = TASK_MODEL,
};
