/* SPDX-License-Identifier: MIT */
/* The `search` task: records and measured costs into a plan and its curve. */
#include <stdio.h>
#include <stdlib.h>

#include "search/data/map.h"
#include "search/worker/kinds.h"

/* Cancelled: the best plan so far is worth having. */
static bool
stop(void *ctx)
{
    return task_is_ending(ctx);
}

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
    return stop(ctx);
}

struct given {
    struct search_options options;
    struct records records;
    struct costs costs;       /* of one processor */
    struct map_given *system; /* or of several; NULL: none */
};

static enum status
load_system(struct given *g, const json_t *doc, struct err *err)
{
    if ((g->system = calloc(1, sizeof(*g->system))) == NULL)
        return err_nomem(err);
    return map_given_read(doc, g->system, err);
}

static enum status
load(struct task *t, struct given *g, struct err *err)
{
    const char *hex = NULL;
    json_t *doc = NULL, *problem = NULL, *system = NULL;
    const struct json_field fields[] = {
        { "costs", JF_OBJ, true, &doc, 0, 0 },
        { "records", JF_HASH, true, &hex, 0, 0 },
        { "problem", JF_OBJ, true, &problem, 0, 0 },
        { "system", JF_OBJ, false, &system, 0, 0 },
    };
    char path[PATH_MAX];
    enum status st;

    if ((st = JSON_PICK(t->payload, "payload", fields, err)) != ST_OK ||
        (st = system ? load_system(g, system, err)
                     : costs_read(doc, &g->costs, err)) != ST_OK ||
        (st = task_blob_path(t, hex, path, err)) != ST_OK ||
        (st = records_load(path, &g->records, err)) != ST_OK)
        return st;
    if ((st = search_options_read(problem, &g->options, err)) != ST_OK ||
        system != NULL)
        return st;
    return costs_sum(&g->costs, g->options.objective, err);
}

/* A mapped plan has no curve. */
static enum status
search(const struct given *g, json_t **plan, json_t **curve, struct err *err)
{
    enum status st;

    if (g->system == NULL)
        return search_records(
            &g->records, &g->costs, &g->options, plan, curve, err);
    st = map_records(&g->records, &g->system->sys, &g->options, plan, err);
    *curve = json_array();
    return st;
}

static enum status
run(struct task *t, json_t **result, struct err *err)
{
    struct given g = { 0 };
    json_t *plan = NULL, *curve = NULL;
    enum status st;

    search_options_init(&g.options);
    if ((st = load(t, &g, err)) == ST_OK) {
        g.options.watch = watch;
        g.options.stop = stop;
        g.options.watch_ctx = t;
        st = search(&g, &plan, &curve, err);
    }
    if (st == ST_OK) {
        *result = json_pack("{s:O,s:O}", "plan", plan, "curve", curve);
        st = *result ? ST_OK : err_nomem(err);
    }
    json_decref(plan);
    json_decref(curve);
    records_clear(&g.records);
    costs_clear(&g.costs);
    if (g.system != NULL)
        map_given_clear(g.system);
    free(g.system);
    return st;
}

const struct task_kind task_search = {
    .name = "search",
    .run = run,
    .blame = TASK_MODEL,
};
