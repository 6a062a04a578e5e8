/* SPDX-License-Identifier: MIT */
/* trial_selection.c -- one of several configurations for each sample. */
#include <math.h>
#include <string.h>

#include "search/data/selection.h"
#include "search/worker/trial_kinds.h"

struct ask {
    const char *objective, *rule;
    double feature_cost; /* NaN: what they take here */
    bool channels_last;
    struct selection_options o;
};

static enum status
read_ask(const json_t *doc, struct ask *a, struct err *err)
{
    int64_t seed = 1;
    const struct json_field fields[] = {
        { "objective", JF_STR, true, &a->objective, 0, 64 },
        { "rule", JF_STR, true, &a->rule, 0, 16 },
        { "theta", JF_REAL, true, &a->o.theta, 0, 1 },
        { "folds", JF_INT, true, &a->o.folds, 2, SELECT_FOLDS_MAX },
        { "seed", JF_INT, true, &seed, 0, 1e15 },
        { "feature_cost", JF_REAL, false, &a->feature_cost, 0, 1e18 },
        { "channels_last", JF_BOOL, true, &a->channels_last, 0, 0 },
    };
    enum status st;

    *a = (struct ask){ .feature_cost = NAN };
    selection_options_init(&a->o);
    if ((st = JSON_READ(doc, "ask", fields, err)) != ST_OK)
        return st;
    a->o.seed = (uint64_t)seed;
    a->o.rule =
        strcmp(a->rule, "optimal") == 0 ? SELECT_OPTIMAL : SELECT_ACCURACY;
    return ST_OK;
}

static enum status
add_config(struct task *t, const json_t *doc, const struct ask *a,
    struct selection *s, struct err *err)
{
    const char *name = NULL, *hex = NULL;
    json_t *costs = NULL, *plan = NULL;
    const struct json_field fields[] = {
        { "name", JF_STR, true, &name, 0, 64 },
        { "records", JF_HASH, true, &hex, 0, 0 },
        { "costs", JF_OBJ, true, &costs, 0, 0 },
        { "plan", JF_OBJ, false, &plan, 0, 0 },
    };
    struct records r = { 0 };
    struct costs c = { 0 };
    char path[PATH_MAX];
    enum status st = JSON_READ(doc, "configs[]", fields, err);

    if (st == ST_OK && (st = task_blob_path(t, hex, path, err)) == ST_OK &&
        (st = records_load(path, &r, err)) == ST_OK &&
        (st = costs_read(costs, &c, err)) == ST_OK)
        st = selection_add(s, name, &r, &c, plan, a->objective, err);
    records_clear(&r);
    costs_clear(&c);
    return st;
}

static enum status
add_features(struct task *t, const char *features, const char *images,
    struct ask *a, struct selection *s, struct err *err)
{
    double here_ns = 0;
    char path[PATH_MAX];
    enum status st = task_blob_path(t, features ? features : images, path, err);

    if (st != ST_OK)
        return st;
    st = features ? selection_features(s, path, err)
                  : selection_images(s, path, a->channels_last, &here_ns, err);
    if (!isnan(a->feature_cost))
        a->o.feature_cost = a->feature_cost;
    else if (strcmp(a->objective, "latency_ns") == 0)
        a->o.feature_cost = here_ns;
    return st;
}

enum status
trial_selection(struct task *t, json_t **result, struct err *err)
{
    const char *features = NULL, *images = NULL;
    json_t *configs = NULL, *ask = NULL, *doc = NULL;
    const struct json_field fields[] = {
        { "configs", JF_ARR, true, &configs, 0, 0 },
        { "features", JF_HASH, false, &features, 0, 0 },
        { "images", JF_HASH, false, &images, 0, 0 },
        { "ask", JF_OBJ, true, &ask, 0, 0 },
    };
    struct selection s = { 0 };
    struct ask a;
    enum status st;

    if ((st = JSON_PICK(t->payload, "payload", fields, err)) != ST_OK ||
        (st = read_ask(ask, &a, err)) != ST_OK)
        return st;
    if (features == NULL && images == NULL)
        return err_set(err, ST_INVALID, "request.field",
            "payload has neither features nor images");
    for (size_t i = 0; st == ST_OK && i < json_array_size(configs); i++)
        st = add_config(t, json_array_get(configs, i), &a, &s, err);
    if (st == ST_OK &&
        (st = add_features(t, features, images, &a, &s, err)) == ST_OK &&
        (st = selection_run(&s, a.objective, &a.o, &doc, err)) == ST_OK) {
        *result = json_pack("{s:o}", "selection", doc);
        st = *result ? ST_OK : err_nomem(err);
    }
    selection_clear(&s);
    return st;
}
