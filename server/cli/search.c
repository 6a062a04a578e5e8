/* SPDX-License-Identifier: MIT */
/* offramp search -- find a plan offline, from files. */
#include <math.h>
#include <string.h>

#include "search/data/plan.h"
#include "server/cli/cli.h"
#include "server/cli/client.h"
#include "server/cli/plan.h"
#include "server/cli/plan_text.h"
#include "server/cli/search_bar.h"
#include "server/cli/search_text.h"

static const char *records_file, *costs_file;
static struct plan_wish wish = {
    .max_drop = NAN, .min_accuracy = NAN, .limits.worst_case = NAN
};
static double time_limit_s = 20;
static int64_t threads = 1, curve_points;
static bool json;

static const struct opt opts[] = {
    { "records", 'r', OPT_STR, &records_file, "FILE", "exit records, CSV", NULL,
        0, 0 },
    { "costs", 'c', OPT_STR, &costs_file, "FILE",
        "costs of segments and heads, JSON", NULL, 0, 0 },
    PLAN_OPTS(wish),
    { "time-limit", 0, OPT_REAL, &time_limit_s, "S",
        "stop proving after S seconds (default 20)", NULL, 0, 1e9 },
    { "threads", 0, OPT_INT, &threads, "N", "threads to use (default 1)", NULL,
        1, 256 },
    { "curve", 0, OPT_INT, &curve_points, "N",
        "also print up to N plans from the most accurate to the cheapest", NULL,
        2, 100000 },
    { "json", 'j', OPT_FLAG, &json, NULL, "print JSON", NULL, 0, 0 },
};

const struct opt_cmd cli_search_cmd = {
    .name = "offramp search",
    .summary = "find an early-exit plan from files, without a server",
    .synopsis = "--records FILE --costs FILE [OPTION]...",
    .details =
        "Chooses which exits to keep and one threshold for each, so that the "
        "mean cost is\nleast and accuracy stays above a floor:\n"
        "    offramp search --records r.csv --costs c.json --max-drop 0.01\n"
        "Half of the records choose the thresholds, the other half checks "
        "them.  A sample\nleaves at the first kept exit whose score is at "
        "least its threshold; every kept\nexit it passes is paid for.  "
        "\"optimal\" is proved.  Interrupt (Ctrl-C) to get the\nbest plan so "
        "far.  A floor that no plan meets ends with exit code 1.",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

/* The same words as in a problem that is sent to the server, which the caller
 * owns: limits stay borrowed from it. */
static enum status
read_problem(struct search_options *o, json_t **out, struct err *err)
{
    json_t *problem = *out = json_object();
    enum status st =
        problem ? limit_wish_put(&wish.limits, problem, err) : err_nomem(err);

    if (st == ST_OK)
        st = sure_wish_put(&wish.sure, problem, err);
    if (st == ST_OK && isfinite(wish.limits.worst_case))
        o->worst_case = wish.limits.worst_case;
    o->limits = (struct exit_limits){ .keep = json_object_get(problem, "keep"),
        .without = json_object_get(problem, "without"),
        .accuracy = json_object_get(problem, "min_exit_accuracy") };
    if (st == ST_OK)
        st = search_sure_read(
            &(struct search_sure_json){
                .guarantee = json_object_get(problem, "guarantee"),
                .cross = json_object_get(problem, "cross"),
                .bootstrap = json_object_get(problem, "bootstrap"),
                .metrics = json_object_get(problem, "metrics"),
                .robust = wish.sure.robust },
            o, err);
    return st;
}

static enum status
read_options(struct search_options *o, json_t **problem, struct err *err)
{
    enum status st;

    search_options_init(o);
    if (records_file == NULL || costs_file == NULL)
        return err_set(err, ST_INVALID, "cli.arguments",
            "give --records FILE and --costs FILE");
    if (isnan(wish.max_drop) == isnan(wish.min_accuracy))
        return err_set(err, ST_INVALID, "cli.arguments",
            "give either --max-drop or --min-accuracy");
    if (wish.objective != NULL)
        o->objective = wish.objective;
    if (wish.grid != NULL &&
        (st = search_grid_read(wish.grid, &o->grid, err)) != ST_OK)
        return st;
    if (wish.reference != NULL && (st = search_reference_read(wish.reference,
                                       &o->reference, err)) != ST_OK)
        return st;
    o->max_drop = wish.max_drop;
    o->min_accuracy = wish.min_accuracy;
    o->max_exits = (int)wish.max_exits;
    o->seed = wish.seed > 0 ? (uint64_t)wish.seed : o->seed;
    o->time_limit_s = time_limit_s;
    o->threads = (int)threads;
    o->curve_points = (int)curve_points;
    o->compare = wish.compare;
    o->watch = search_bar_watch;
    o->stop = search_bar_stop;
    return read_problem(o, problem, err);
}

static enum status
print(json_t *plan, json_t *curve, struct err *err)
{
    enum status st;
    json_t *both;

    if (!json) {
        if ((st = plan_text("plan", plan, err)) != ST_OK || curve_points == 0)
            return st;
        return search_text_curve(curve, err);
    }
    if (curve_points == 0) {
        client_print(plan);
        return ST_OK;
    }
    if ((both = json_pack("{s:O,s:O}", "plan", plan, "curve", curve)) == NULL)
        return err_nomem(err);
    client_print(both);
    json_decref(both);
    return ST_OK;
}

static enum status
search_with_bar(const struct records *r, const struct costs *c,
    struct search_options *o, json_t **plan, json_t **curve, struct err *err)
{
    struct search_bar bar;
    enum status st;

    search_bar_init(&bar, o->objective);
    o->watch_ctx = &bar;
    st = search_records(r, c, o, plan, curve, err);
    search_bar_clear(&bar);
    return st;
}

static enum status
search(bool *found, struct err *err)
{
    struct search_options o;
    struct records records = { 0 };
    struct costs costs = { 0 };
    json_t *problem = NULL, *plan = NULL, *curve = NULL;
    enum status st;

    if ((st = read_options(&o, &problem, err)) == ST_OK &&
        (st = records_load(records_file, &records, err)) == ST_OK &&
        (st = costs_load(costs_file, &costs, err)) == ST_OK &&
        (st = costs_sum(&costs, o.objective, err)) == ST_OK &&
        (st = search_with_bar(&records, &costs, &o, &plan, &curve, err)) ==
            ST_OK) {
        const char *status = json_string_value(json_object_get(plan, "status"));

        *found = status != NULL && strcmp(status, "infeasible") != 0;
        st = print(plan, curve, err);
    }
    json_decref(problem);
    json_decref(plan);
    json_decref(curve);
    records_clear(&records);
    costs_clear(&costs);
    return st;
}

int
cli_search(int argc, char **argv)
{
    struct err err = { 0 };
    bool done, found = false;
    int n;

    if (opt_parse(&cli_search_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    if (n != 0)
        (void)err_set(&err, ST_INVALID, "cli.arguments",
            "%s is not an option of offramp search", argv[1]);
    else
        (void)search(&found, &err);
    if (err.status != ST_OK)
        return cli_fail(&err);
    return found ? 0 : 1;
}
