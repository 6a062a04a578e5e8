/* SPDX-License-Identifier: MIT */
#include "probes/live/order.h"

#include <stdio.h>

static enum status
read_numbers(const json_t *o, const char *path, const char *name, double *out,
    int n, struct err *err)
{
    const json_t *a = json_object_get(o, name), *v;
    size_t i;

    if (json_array_size(a) != (size_t)n)
        return err_set(err, ST_INVALID, "request.field",
            "%s.%s must have %d numbers, one for each exit", path, name, n);
    json_array_foreach(a, i, v)
    {
        if (!json_is_number(v))
            return err_set(err, ST_INVALID, "request.field",
                "%s.%s[%zu] must be a number", path, name, i);
        out[i] = json_number_value(v);
    }
    return ST_OK;
}

/* `over` has one number less: the last exit hands nothing over. */
static enum status
read_table(const json_t *o, const char *path, int arms, struct live_table *t,
    struct err *err)
{
    enum status st = read_numbers(o, path, "own", t->own, arms, err);

    if (st == ST_OK)
        st = read_numbers(o, path, "path", t->path, arms, err);
    return st == ST_OK ? read_numbers(o, path, "over", t->over, arms - 1, err)
                       : st;
}

static enum status
read_policies(const json_t *names, struct live_order *o, struct err *err)
{
    enum status st = ST_OK;
    const json_t *v;
    size_t i;

    if (json_array_size(names) == 0 ||
        json_array_size(names) > LIVE_POLICIES_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "payload.policies must have 1 to %d names", LIVE_POLICIES_MAX);
    json_array_foreach(names, i, v)
    {
        const char *name = json_string_value(v);

        st = live_find(name != NULL ? name : "", &o->kind[o->kinds++], err);
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

static enum status
read_setting(const json_t *doc, struct policy_setting *s, struct err *err)
{
    int64_t seed = 1;
    const struct json_field fields[] = {
        { "alpha", JF_REAL, true, &s->alpha, 0, 0 },
        { "beta", JF_REAL, true, &s->beta, 0, 0 },
        { "probes", JF_REAL, true, &s->probes, 0, 0 },
        { "memory", JF_REAL, true, &s->memory, 0, 0 },
        { "seed", JF_INT, true, &seed, 0, 9e15 },
    };
    enum status st = JSON_READ(doc, "payload.setting", fields, err);

    s->seed = (uint64_t)seed;
    return st;
}

/* The two ways of running differ in what the exits cost. */
static enum status
finish(struct live_order *o, int arms, struct err *err)
{
    enum status st;

    o->own.arms = arms;
    o->own.offload = o->earn.over;
    o->path = o->own;
    o->own.cost = o->earn.own;
    o->path.cost = o->earn.path;
    policy_setting_range(&o->own);
    policy_setting_range(&o->path);
    o->ns = (struct live_costs){ o->cost.own, o->cost.path, o->cost.over };
    if ((st = policy_setting_check(&o->own, err)) != ST_OK)
        return st;
    return policy_setting_check(&o->path, err);
}

enum status
live_order_read(
    const json_t *payload, int arms, struct live_order *out, struct err *err)
{
    json_t *policies = NULL, *setting = NULL, *cost = NULL, *earn = NULL;
    const struct json_field fields[] = {
        { "policies", JF_ARR, true, &policies, 0, 0 },
        { "setting", JF_OBJ, true, &setting, 0, 0 },
        { "cost", JF_OBJ, true, &cost, 0, 0 },
        { "earn", JF_OBJ, true, &earn, 0, 0 },
        { "timed", JF_BOOL, true, &out->timed, 0, 0 },
        { "budget_s", JF_REAL, true, &out->budget_s, 0.001, 86400 },
    };
    enum status st;

    *out = (struct live_order){ 0 };
    policy_setting_init(&out->own);
    if (arms < 2 || arms > POLICY_ARMS_MAX)
        return err_set(err, ST_INVALID, "policy.setting",
            "%d exits: a policy chooses among 2 to %d", arms, POLICY_ARMS_MAX);
    if ((st = JSON_PICK(payload, "payload", fields, err)) != ST_OK ||
        (st = read_policies(policies, out, err)) != ST_OK ||
        (st = read_setting(setting, &out->own, err)) != ST_OK ||
        (st = read_table(cost, "payload.cost", arms, &out->cost, err)) !=
            ST_OK ||
        (st = read_table(earn, "payload.earn", arms, &out->earn, err)) != ST_OK)
        return st;
    return finish(out, arms, err);
}

const struct policy_setting *
live_order_setting(const struct live_order *o, const struct policy_kind *k)
{
    return k->view == POLICY_ARM ? &o->own : &o->path;
}
