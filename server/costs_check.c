/* SPDX-License-Identifier: MIT */
#include "server/costs_check.h"

#include <stdio.h>
#include <string.h>

#include "base/flag.h"

enum {
    EXITS_MAX = 64,
    METRICS_MAX = 16,
    EPOCHS_MAX = 4096, /* of one part */
    PATH_BYTES = 96,
    OBJECTIVE_MAX = 72,
};

#define BYTES_MAX 1e12

static bool
is_metric(const json_t *metrics, const char *name)
{
    const json_t *v;
    size_t i;

    json_array_foreach(metrics, i, v)
    {
        if (strcmp(json_string_value(v), name) == 0)
            return true;
    }
    return false;
}

static enum status
check_metrics(const json_t *metrics, struct err *err)
{
    const json_t *v;
    size_t i;

    if (json_array_size(metrics) == 0 || json_array_size(metrics) > METRICS_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "costs.metrics must name 1 to %d metrics, such as latency_ns",
            METRICS_MAX);
    json_array_foreach(metrics, i, v)
    {
        const char *name = json_string_value(v);

        if (name == NULL || name[0] == '\0')
            return err_set(err, ST_INVALID, "request.field",
                "costs.metrics[%zu] must be a name", i);
        for (size_t k = 0; k < i; k++)
            if (strcmp(json_string_value(json_array_get(metrics, k)), name) ==
                0)
                return err_set(err, ST_INVALID, "request.field",
                    "costs.metrics[%zu]: '%.40s' is there twice", i, name);
    }
    return ST_OK;
}

/* A number, or [median, lo, hi] with lo <= median <= hi; none below 0. */
static bool
is_cost(const json_t *v)
{
    double x[3];

    if (json_is_null(v))
        return true;
    if (json_is_number(v))
        return json_number_value(v) >= 0;
    if (json_array_size(v) != 3)
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (!json_is_number(json_array_get(v, i)))
            return false;
        x[i] = json_number_value(json_array_get(v, i));
    }
    return x[1] >= 0 && x[1] <= x[0] && x[0] <= x[2];
}

static enum status
check_part(const json_t *part, const char *path, const json_t *metrics,
    struct err *err)
{
    const char *name;
    json_t *v;

    json_object_foreach((json_t *)part, name, v)
    {
        if (!is_metric(metrics, name))
            return err_set(err, ST_INVALID, "request.field",
                "%s.%.40s is not among costs.metrics", path, name);
        if (!is_cost(v))
            return err_set(err, ST_INVALID, "request.field",
                "%s.%.40s must be a number >= 0, [median, lo, hi] or null",
                path, name);
    }
    return ST_OK;
}

/* Raw epochs of a part: {metric: [numbers >= 0]}. */
static enum status
check_epochs(const json_t *part, const char *path, const json_t *metrics,
    struct err *err)
{
    const char *name;
    json_t *list, *v;
    size_t i;

    json_object_foreach((json_t *)part, name, list)
    {
        if (!is_metric(metrics, name))
            return err_set(err, ST_INVALID, "request.field",
                "%s.%.40s is not among costs.metrics", path, name);
        if (json_array_size(list) == 0 || json_array_size(list) > EPOCHS_MAX)
            return err_set(err, ST_INVALID, "request.field",
                "%s.%.40s must have 1 to %d numbers", path, name, EPOCHS_MAX);
        json_array_foreach(list, i, v)
        {
            if (!json_is_number(v) || json_number_value(v) < 0)
                return err_set(err, ST_INVALID, "request.field",
                    "%s.%.40s[%zu] must be a number >= 0", path, name, i);
        }
    }
    return ST_OK;
}

static enum status
check_all_epochs(
    const json_t *epochs, size_t exit, const json_t *metrics, struct err *err)
{
    json_t *segment = NULL, *head = NULL;
    const struct json_field fields[] = {
        { "segment", JF_OBJ, false, &segment, 0, 0 },
        { "head", JF_OBJ, false, &head, 0, 0 },
    };
    char path[PATH_BYTES], part[PATH_BYTES + 16];
    enum status st;

    snprintf(path, sizeof(path), "costs.exits[%zu].epochs", exit);
    if (epochs == NULL || (st = JSON_READ(epochs, path, fields, err)) != ST_OK)
        return epochs ? st : ST_OK;
    snprintf(part, sizeof(part), "%s.segment", path);
    if ((st = check_epochs(segment, part, metrics, err)) != ST_OK)
        return st;
    snprintf(part, sizeof(part), "%s.head", path);
    return check_epochs(head, part, metrics, err);
}

static enum status
check_exit(const json_t *exit, size_t i, const json_t *metrics, struct err *err)
{
    const char *name = NULL, *reason = NULL;
    json_t *segment = NULL, *head = NULL, *epochs = NULL;
    int64_t bytes; /* only mapping reads them */
    char path[PATH_BYTES], part[PATH_BYTES + 16];
    const struct json_field fields[] = {
        { "name", JF_STR, true, &name, 0, 200 },
        { "segment", JF_OBJ, true, &segment, 0, 0 },
        { "head", JF_OBJ, false, &head, 0, 0 },
        { "epochs", JF_OBJ, false, &epochs, 0, 0 },
        { "reason", JF_STR, false, &reason, 0, 400 },
        { "input_bytes", JF_INT, false, &bytes, 0, BYTES_MAX },
        { "segment_bytes", JF_INT, false, &bytes, 0, BYTES_MAX },
        { "head_bytes", JF_INT, false, &bytes, 0, BYTES_MAX },
        { "peak_bytes", JF_INT, false, &bytes, 0, BYTES_MAX },
    };
    enum status st;

    snprintf(path, sizeof(path), "costs.exits[%zu]", i);
    if ((st = JSON_READ(exit, path, fields, err)) != ST_OK)
        return st;
    snprintf(part, sizeof(part), "%s.segment", path);
    if ((st = check_part(segment, part, metrics, err)) != ST_OK)
        return st;
    snprintf(part, sizeof(part), "%s.head", path);
    if ((st = check_part(head, part, metrics, err)) != ST_OK)
        return st;
    return check_all_epochs(epochs, i, metrics, err);
}

/* What costs say of themselves; it goes into the plan as it is. */
static enum status
check_quality(const json_t *quality, struct err *err)
{
    const char *grade = NULL;
    json_t *flags = NULL;
    double ns = 0, rel = 0;
    int64_t known = 0;
    const struct json_field fields[] = {
        { "grade", JF_STR, true, &grade, 0, 1 },
        { "flags", JF_ARR, true, &flags, 0, 0 },
        { "full_ns", JF_REAL, false, &ns, 0, 1e15 },
        { "whole_ns", JF_REAL, false, &ns, 0, 1e15 },
        { "moved_rel", JF_REAL, false, &rel, -1, 1e15 },
    };
    enum status st;

    if (quality == NULL)
        return ST_OK;
    if ((st = JSON_READ(quality, "costs.quality", fields, err)) != ST_OK)
        return st;
    if (grade[0] == '\0' || strchr("ABCX", grade[0]) == NULL)
        return err_set(err, ST_INVALID, "request.field",
            "costs.quality.grade must be A, B, C or X");
    return flag_from_json(flags, &known, err);
}

enum status
costs_check(const json_t *costs, struct err *err)
{
    const char *schema = NULL, *device = NULL, *source = NULL;
    json_t *metrics = NULL, *exits = NULL, *quality = NULL, *model = NULL;
    const struct json_field fields[] = {
        { "model", JF_OBJ, false, &model, 0, 0 },
        { "schema", JF_STR, true, &schema, 0, 0 },
        { "device", JF_STR, false, &device, 0, 200 },
        { "source", JF_STR, false, &source, 0, 40 },
        { "quality", JF_OBJ, false, &quality, 0, 0 },
        { "metrics", JF_ARR, true, &metrics, 0, 0 },
        { "exits", JF_ARR, true, &exits, 0, 0 },
    };
    enum status st;

    if ((st = JSON_READ(costs, "costs", fields, err)) != ST_OK)
        return st;
    if (strcmp(schema, "offramp.costs/1") != 0)
        return err_set(err, ST_INVALID, "request.field",
            "costs.schema must be offramp.costs/1");
    if (model != NULL && (source == NULL || strcmp(source, "modelled") != 0))
        return err_set(err, ST_INVALID, "request.field",
            "costs.model says what costs are derived with: costs.source must "
            "be modelled then");
    if ((st = check_quality(quality, err)) != ST_OK ||
        (st = check_metrics(metrics, err)) != ST_OK)
        return st;
    if (json_array_size(exits) == 0 || json_array_size(exits) > EXITS_MAX)
        return err_set(err, ST_INVALID, "request.field",
            "costs.exits must have 1 to %d exits", EXITS_MAX);
    for (size_t i = 0; i < json_array_size(exits); i++)
        if ((st = check_exit(json_array_get(exits, i), i, metrics, err)) !=
            ST_OK)
            return st;
    return ST_OK;
}

/* A part without a cost: one that the device cannot run has a reason. */
static enum status
no_cost(const json_t *costs, size_t i, const char *part, const char *metric,
    struct err *err)
{
    const char *why = json_get_string(
        json_array_get(json_object_get(costs, "exits"), i), "reason", NULL);

    if (why == NULL)
        return err_set(err, ST_UNPROCESSABLE, "search.objective",
            "costs.exits[%zu].%s has no %.40s, which is the objective", i, part,
            metric);
    return err_set(err, ST_UNPROCESSABLE, "search.unsupported",
        "%.64s cannot run the %s of exit %zu: %.300s; search with a system "
        "that has a processor for it",
        json_get_string(costs, "device", "the device"), part, i, why);
}

/* An objective that these costs do not have, and what to do about it. */
static enum status
no_metric(const json_t *costs, const char *metric, struct err *err)
{
    bool counts =
        strcmp(json_get_string(costs, "source", ""), "emulated") == 0 &&
        (strcmp(metric, "latency_ns") == 0 || strcmp(metric, "energy_nj") == 0);
    char all[160] = "";
    const json_t *v;
    size_t i;

    json_array_foreach(json_object_get(costs, "metrics"), i, v)
    {
        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%.40s",
            i ? ", " : "", json_string_value(v));
    }
    if (counts)
        return err_set(err, ST_UNPROCESSABLE, "search.objective",
            "objective '%.40s' is not among the metrics of these costs: %s. An "
            "emulator counts and takes no time: search by one of them, or "
            "declare what the device's instructions take (offramp devices "
            "model) and ask for source modelled",
            metric, all);
    return err_set(err, ST_UNPROCESSABLE, "search.objective",
        "objective '%.40s' is not among the metrics of these costs: %s", metric,
        all);
}

/* One term of an objective; with `partly` parts may lack it for a reason. */
static enum status
check_term(
    const json_t *costs, const char *metric, bool partly, struct err *err)
{
    static const char *const parts[] = { "segment", "head" };
    const json_t *metrics = json_object_get(costs, "metrics"), *exit, *v;
    size_t i;

    if (!is_metric(metrics, metric))
        return no_metric(costs, metric, err);
    json_array_foreach(json_object_get(costs, "exits"), i, exit)
    {
        for (size_t p = 0; p < 2; p++) {
            const json_t *part = json_object_get(exit, parts[p]);

            v = json_object_get(part, metric);
            if (json_is_object(part) && (v == NULL || json_is_null(v)) &&
                !(partly && json_object_get(exit, "reason") != NULL))
                return no_cost(costs, i, parts[p], metric, err);
        }
    }
    return ST_OK;
}

/* A metric, or a sum such as latency_ns+0.2*energy_nj: the worker reads the
 * weights. */
static enum status
check_objective(
    const json_t *costs, const char *objective, bool partly, struct err *err)
{
    const char *at = objective;
    enum status st;

    if (strpbrk(objective, "+*") == NULL ||
        is_metric(json_object_get(costs, "metrics"), objective))
        return check_term(costs, objective, partly, err);
    for (size_t n = strcspn(at, "+");; n = strcspn(at, "+")) {
        char term[OBJECTIVE_MAX];
        const char *times;

        if (n >= sizeof(term))
            n = sizeof(term) - 1;
        memcpy(term, at, n);
        term[n] = '\0';
        times = strchr(term, '*');
        if ((st = check_term(costs, times ? times + 1 : term, partly, err)) !=
                ST_OK ||
            at[n] == '\0')
            return st;
        at += n + 1;
    }
}

enum status
costs_check_objective(
    const json_t *costs, const char *objective, struct err *err)
{
    return check_objective(costs, objective, false, err);
}

enum status
costs_check_partly(const json_t *costs, const char *objective, struct err *err)
{
    return check_objective(costs, objective, true, err);
}
