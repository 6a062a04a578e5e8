/* SPDX-License-Identifier: MIT */
/* trial_read.c -- what a trial is asked for, from JSON. */
#include "search/data/trial.h"

static enum status
read_names(const json_t *a, const char *names[TRIAL_KINDS_MAX],
    struct trial_options *o, struct err *err)
{
    const json_t *v;
    size_t i;

    if (json_array_size(a) > TRIAL_KINDS_MAX)
        return err_set(err, ST_INVALID, "policy.name",
            "policies: at most %d at once", TRIAL_KINDS_MAX);
    json_array_foreach(a, i, v)
    {
        if ((names[i] = json_string_value(v)) == NULL)
            return err_set(err, ST_INVALID, "policy.name",
                "policies[%zu] must be a name", i);
    }
    o->names = names;
    o->n_names = json_array_size(a);
    return ST_OK;
}

static enum status
read_offload(const json_t *v, struct trial_options *o, struct err *err)
{
    if (json_is_number(v)) {
        o->offload[o->n_offload++] = json_number_value(v);
        return ST_OK;
    }
    if (json_array_size(v) > POLICY_ARMS_MAX)
        return err_set(err, ST_INVALID, "policy.offload",
            "offload has more than %d numbers", POLICY_ARMS_MAX);
    for (size_t i = 0; i < json_array_size(v); i++) {
        if (!json_is_number(json_array_get(v, i)))
            return err_set(err, ST_INVALID, "policy.offload",
                "offload[%zu] must be a number", i);
        o->offload[o->n_offload++] = json_number_value(json_array_get(v, i));
    }
    return ST_OK;
}

enum status
trial_options_read(const json_t *problem, const char *names[TRIAL_KINDS_MAX],
    struct trial_options *o, struct err *err)
{
    const char *reference = "label";
    json_t *policies = NULL, *offload = NULL;
    int64_t seed = 1;
    const struct json_field fields[] = {
        { "policies", JF_ARR, false, &policies, 0, 0 },
        { "objective", JF_STR, false, &o->objective, 0, 64 },
        { "offload", JF_ANY, true, &offload, 0, 0 },
        { "alpha", JF_REAL, false, &o->alpha, 0, 1 },
        { "beta", JF_REAL, false, &o->beta, 0, 1e6 },
        { "weight", JF_REAL, false, &o->weight, 0, 1e6 },
        { "lambda", JF_REAL, false, &o->lambda, 0, 1e6 },
        { "probes", JF_REAL, false, &o->probes, 0, 1e9 },
        { "memory", JF_REAL, false, &o->memory, 1, 1e9 },
        { "steps", JF_INT, false, &o->steps, 1, TRIAL_STEPS_MAX },
        { "shuffles", JF_INT, false, &o->shuffles, 1, TRIAL_SHUFFLES_MAX },
        { "seed", JF_INT, false, &seed, 0, 1e15 },
        { "by_group", JF_BOOL, false, &o->by_group, 0, 0 },
        { "ordered", JF_BOOL, false, &o->ordered, 0, 0 },
        { "distance", JF_REAL, false, &o->distance, 0, 1e15 },
        { "feature_cost", JF_REAL, false, &o->feature_cost, 0, 1e18 },
        { "reference", JF_STR, false, &reference, 0, 8 },
        { "max_drop", JF_REAL, false, &o->max_drop, 0, 1 },
    };
    enum status st;

    trial_options_init(o);
    if ((st = JSON_READ(problem, "problem", fields, err)) != ST_OK ||
        (st = search_reference_read(reference, &o->reference, err)) != ST_OK ||
        (st = read_names(policies, names, o, err)) != ST_OK)
        return st;
    o->seed = (uint64_t)seed;
    return read_offload(offload, o, err);
}
