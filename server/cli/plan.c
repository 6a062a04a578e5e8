/* SPDX-License-Identifier: MIT */
/* offramp plan -- find a plan from a profile and records, or print one. */
#include "server/cli/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "server/cli/cli.h"
#include "server/cli/follow.h"
#include "server/cli/plan_text.h"

static struct client client;
static int64_t profile_id, records_id;
static struct plan_wish wish = {
    .max_drop = NAN, .min_accuracy = NAN, .limits.worst_case = NAN
};

static const struct opt opts[] = {
    CLIENT_OPTS(client),
    { "profile", 'p', OPT_INT, &profile_id, "ID", "costs from this profile",
        NULL, 1, 9e15 },
    { "records", 'r', OPT_INT, &records_id, "ID", "exit records of the network",
        NULL, 1, 9e15 },
    PLAN_OPTS(wish),
};

const struct opt_cmd cli_plan_cmd = {
    .name = "offramp plan",
    .summary = "find or print an early-exit plan",
    .synopsis = "[OPTION]... [PLAN]",
    .details =
        "With a plan's number it is printed.  With --profile and --records a "
        "search is\nstarted on the server, and its plan printed:\n"
        "    offramp plan --profile 3 --records 1 --max-drop 0.01\n"
        "Calibration is the half of the records that chose the thresholds; "
        "held-out the\nhalf that did not.",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

enum status
plan_print(struct client *c, int64_t id, struct err *err)
{
    char path[64], title[40];
    json_t *plan;
    enum status st = ST_OK;

    snprintf(path, sizeof(path), "/v1/plans/%lld", (long long)id);
    snprintf(title, sizeof(title), "plan %lld", (long long)id);
    if ((st = client_call(c, "GET", path, NULL, &plan, err)) != ST_OK)
        return st;
    if (c->json)
        client_print(plan);
    else
        st = plan_text(title, plan, err);
    json_decref(plan);
    return st;
}

/* The body of POST /v1/searches; the caller owns *out. */
static enum status
search_body(int64_t profile, int64_t records, const struct plan_wish *w,
    json_t **out, struct err *err)
{
    json_t *o = json_pack("{s:I,s:I,s:s*,s:s*}", "profile", (json_int_t)profile,
        "records", (json_int_t)records, "objective", w->objective, "reference",
        w->reference);
    enum status st;
    int rc = 0;

    if (o == NULL)
        return err_nomem(err);
    if (isfinite(w->max_drop))
        rc |= json_object_set_new(o, "max_drop", json_real(w->max_drop));
    if (isfinite(w->min_accuracy))
        rc |=
            json_object_set_new(o, "min_accuracy", json_real(w->min_accuracy));
    if (w->grid != NULL)
        rc |= json_object_set_new(o, "grid",
            strcmp(w->grid, "all") == 0 ? json_string("all")
                                        : json_integer(atoll(w->grid)));
    if (w->max_exits > 0)
        rc |= json_object_set_new(o, "max_exits", json_integer(w->max_exits));
    if (w->seed > 0)
        rc |= json_object_set_new(o, "seed", json_integer(w->seed));
    if (w->modelled)
        rc |= json_object_set_new(o, "source", json_string("modelled"));
    if (w->compare)
        rc |= json_object_set_new(o, "compare", json_true());
    st = rc == 0 ? limit_wish_put(&w->limits, o, err) : err_nomem(err);
    if (st == ST_OK)
        st = sure_wish_put(&w->sure, o, err);
    if (st == ST_OK)
        *out = o;
    else
        json_decref(o);
    return st;
}

enum status
plan_search(struct client *c, int64_t profile, int64_t records,
    const struct plan_wish *w, struct err *err)
{
    json_t *body, *search = NULL, *ended = NULL;
    char path[64];
    enum status st;

    if ((st = search_body(profile, records, w, &body, err)) != ST_OK)
        return st;
    st = client_call(c, "POST", "/v1/searches", body, &search, err);
    json_decref(body);
    if (st != ST_OK)
        return st;
    snprintf(path, sizeof(path), "/v1/searches/%lld",
        (long long)json_integer_value(json_object_get(search, "id")));
    json_decref(search);
    if ((st = follow(c, path, "search", &ended, err)) != ST_OK)
        return st;
    st = plan_print(c, json_integer_value(json_object_get(ended, "plan")), err);
    json_decref(ended);
    return st;
}

int
cli_plan(int argc, char **argv)
{
    struct err err = { 0 };
    enum status st;
    bool done, search;
    int n;

    if (opt_parse(&cli_plan_cmd, argc, argv, &n, &done, &err) != ST_OK)
        return cli_fail(&err);
    if (done)
        return 0;
    search = n == 0 && profile_id > 0 && records_id > 0;
    if (!search && (n != 1 || atoll(argv[1]) <= 0))
        st = err_set(&err, ST_INVALID, "cli.arguments",
            "give a plan's number, or --profile and --records to find one");
    else if (search && isfinite(wish.max_drop) == isfinite(wish.min_accuracy))
        st = err_set(&err, ST_INVALID, "cli.arguments",
            "give either --max-drop or --min-accuracy");
    else if ((st = client_open(&client, &err)) == ST_OK)
        st = search ? plan_search(&client, profile_id, records_id, &wish, &err)
                    : plan_print(&client, atoll(argv[1]), &err);
    client_close(&client);
    return st == ST_OK ? 0 : cli_fail(&err);
}
