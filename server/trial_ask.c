/* SPDX-License-Identifier: MIT */
#include "server/trial_ask.h"

#include <string.h>

#include "server/costs_check.h"
#include "server/trial_link.h"

enum { POLICIES_MAX = 32, EXITS_MAX = 64 };

/* Of the members in the header, those that the worker reads; their defaults
 * are its own. */
static const char *const for_worker[] = { "policies", "objective", "alpha",
    "beta", "weight", "lambda", "probes", "memory", "seed", "reference", NULL };

static enum status
check_names(const json_t *names, struct err *err)
{
    const json_t *v;
    size_t i;

    if (json_array_size(names) > POLICIES_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "policies has more than %d names", POLICIES_MAX);
    json_array_foreach(names, i, v)
    {
        if (!json_is_string(v))
            return err_set(err, ST_INVALID, "request.field",
                "policies[%zu] must be a policy's name", i);
    }
    return ST_OK;
}

static enum status
check_offload(const json_t *offload, struct err *err)
{
    const json_t *v;
    size_t i;

    if (offload == NULL || json_is_number(offload))
        return ST_OK;
    if (json_array_size(offload) == 0 || json_array_size(offload) > EXITS_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "offload must be a number, or one for each early exit");
    json_array_foreach(offload, i, v)
    {
        if (!json_is_number(v))
            return err_set(err, ST_INVALID, "request.field",
                "offload[%zu] must be a number", i);
    }
    return ST_OK;
}

enum status
trial_ask_check(const struct trial_ask *a, struct err *err)
{
    enum status st;

    if (strcmp(a->reference, "label") != 0 &&
        strcmp(a->reference, "final") != 0)
        return err_set(err, ST_INVALID, "request.field",
            "reference must be label or final");
    if ((a->offload != NULL) == (a->link != NULL))
        return err_set(err, ST_INVALID, "request.field",
            "give offload (what handing a sample over costs) or link (from "
            "which it follows), and only one of them");
    if (a->link != NULL && strcmp(a->objective, "latency_ns") != 0)
        return err_set(err, ST_INVALID, "request.field",
            "link tells times only: with objective %s give offload",
            a->objective);
    if ((st = check_names(a->policies, err)) != ST_OK)
        return st;
    return check_offload(a->offload, err);
}

enum status
trial_ask_costs(struct db *db, const struct trial_ask *a,
    struct order_input *in, struct err *err)
{
    enum status st;

    if (a->costs == NULL && in->profile == 0)
        return strcmp(a->objective, "latency_ns") == 0
                   ? ST_OK
                   : err_set(err, ST_INVALID, "request.field",
                         "objective names a metric of profile or costs: give "
                         "one of them");
    if ((st = order_input_costs(db, in, a->costs, false, err)) != ST_OK)
        return st;
    return costs_check_objective(in->costs, a->objective, err);
}

/* The members of `body` with these names, ended by NULL. */
static enum status
copy(const json_t *body, const char *const *names, json_t *to, struct err *err)
{
    for (; *names != NULL; names++) {
        json_t *v = json_object_get(body, *names);

        if (v != NULL && !json_is_null(v) && json_object_set(to, *names, v) < 0)
            return err_nomem(err);
    }
    return ST_OK;
}

enum status
trial_ask_problem(struct db *db, const struct trial_ask *a, const json_t *body,
    const char *const *more, int64_t profile, const char *device, json_t **out,
    struct err *err)
{
    json_t *problem = json_object(), *offload = json_incref(a->offload);
    enum status st = problem ? ST_OK : err_nomem(err);

    *out = NULL;
    if (st == ST_OK && (st = copy(body, for_worker, problem, err)) == ST_OK)
        st = copy(body, more, problem, err);
    if (st == ST_OK && a->link != NULL)
        st = trial_link_offload(db, profile, a->link, device, &offload, err);
    if (st == ST_OK && json_object_set(problem, "offload", offload) < 0)
        st = err_nomem(err);
    json_decref(offload);
    if (st != ST_OK)
        json_decref(problem);
    else
        *out = problem;
    return st;
}
