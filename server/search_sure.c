/* SPDX-License-Identifier: MIT */
#include "server/search_sure.h"

#include <math.h>
#include <string.h>

/* Members of a guarantee that are one of these words, parted by spaces. */
static const struct choice {
    const char *name, *words;
} choices[] = {
    { "loss", "drop flips" },
    { "test", "exact betting" },
    { "family", "auto front shared" },
    { "order", "sequence bonferroni" },
};
enum { CHOICES = sizeof(choices) / sizeof(choices[0]), METRICS_MAX = 3 };

static bool
is_one_of(const char *words, const char *given)
{
    size_t len = strlen(given);

    for (const char *at = words; len > 0 && (at = strstr(at, given)); at++)
        if ((at == words || at[-1] == ' ') &&
            (at[len] == ' ' || at[len] == '\0'))
            return true;
    return false;
}

static enum status
check_guarantee(const json_t *doc, double max_drop, struct err *err)
{
    const char *given[CHOICES] = { NULL };
    double eps = NAN, delta, share;
    const struct json_field fields[] = {
        { "eps", JF_REAL, false, &eps, 1e-6, 0.999 },
        { "delta", JF_REAL, false, &delta, 1e-9, 0.999 },
        { "share", JF_REAL, false, &share, 0.01, 0.99 },
        { choices[0].name, JF_STR, false, &given[0], 0, 16 },
        { choices[1].name, JF_STR, false, &given[1], 0, 16 },
        { choices[2].name, JF_STR, false, &given[2], 0, 16 },
        { choices[3].name, JF_STR, false, &given[3], 0, 16 },
    };
    enum status st;

    if ((st = JSON_READ(doc, "guarantee", fields, err)) != ST_OK)
        return st;
    for (int i = 0; i < CHOICES; i++)
        if (given[i] != NULL && !is_one_of(choices[i].words, given[i]))
            return err_set(err, ST_INVALID, "request.field",
                "guarantee.%s must be one of: %s", choices[i].name,
                choices[i].words);
    if (isnan(eps) && !(max_drop > 0))
        return err_set(err, ST_INVALID, "request.field",
            "give guarantee.eps, the largest loss to be promised: there is no "
            "max_drop above 0 to take it from");
    return ST_OK;
}

static enum status
check_cross(const json_t *doc, bool guarantee, struct err *err)
{
    int64_t folds, repeats;
    const struct json_field fields[] = {
        { "folds", JF_INT, false, &folds, 2, 20 },
        { "repeats", JF_INT, false, &repeats, 1, 20 },
    };

    if (guarantee)
        return err_set(err, ST_INVALID, "request.field",
            "give cross (what to expect of new data) or guarantee (what is "
            "promised of it), and only one of them");
    return JSON_READ(doc, "cross", fields, err);
}

static enum status
check_bootstrap(const json_t *doc, struct err *err)
{
    int64_t draws = 1000, solves = 0;
    const struct json_field fields[] = {
        { "draws", JF_INT, false, &draws, 10, 100000 },
        { "solves", JF_INT, false, &solves, 0, 100000 },
    };
    enum status st = JSON_READ(doc, "bootstrap", fields, err);

    if (st == ST_OK && solves > draws)
        return err_set(err, ST_INVALID, "request.field",
            "bootstrap.solves is of the draws: at most %lld", (long long)draws);
    return st;
}

/* Names only: whether the costs have them is the worker's to say. */
static enum status
check_metrics(const json_t *names, struct err *err)
{
    size_t n = json_array_size(names);

    if (n < 1 || n > METRICS_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "metrics must name 1 to %d metrics of the costs", METRICS_MAX);
    for (size_t i = 0; i < n; i++) {
        const char *name = json_string_value(json_array_get(names, i));

        if (name == NULL || name[0] == '\0' || strlen(name) > 63)
            return err_set(err, ST_INVALID, "request.field",
                "metrics[%zu] must be the name of a metric", i);
    }
    return ST_OK;
}

enum status
sure_check(const struct sure_ask *a, double max_drop, struct err *err)
{
    enum status st = ST_OK;

    if (a->guarantee != NULL)
        st = check_guarantee(a->guarantee, max_drop, err);
    if (st == ST_OK && a->cross != NULL)
        st = check_cross(a->cross, a->guarantee != NULL, err);
    if (st == ST_OK && a->bootstrap != NULL)
        st = check_bootstrap(a->bootstrap, err);
    if (st == ST_OK && a->metrics != NULL)
        st = check_metrics(a->metrics, err);
    return st;
}

bool
sure_put(const struct sure_ask *a, json_t *problem)
{
    int rc = 0;

    if (a->guarantee != NULL)
        rc |= json_object_set(problem, "guarantee", a->guarantee);
    if (a->cross != NULL)
        rc |= json_object_set(problem, "cross", a->cross);
    if (a->bootstrap != NULL)
        rc |= json_object_set(problem, "bootstrap", a->bootstrap);
    if (a->metrics != NULL)
        rc |= json_object_set(problem, "metrics", a->metrics);
    if (a->robust)
        rc |= json_object_set_new(problem, "robust", json_true());
    return rc == 0;
}
