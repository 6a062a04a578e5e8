/* SPDX-License-Identifier: MIT */
/* options.c -- what a search is asked for, from JSON. */
#include "search/data/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
search_options_init(struct search_options *o)
{
    *o = (struct search_options){ .objective = "latency_ns",
        .max_drop = NAN,
        .min_accuracy = NAN,
        .grid = 32,
        .reference = SEARCH_LABEL,
        .worst_case = INFINITY,
        .seed = 1,
        .time_limit_s = 20,
        .threads = 1,
        .curve_points = 64 };
}

enum status
search_grid_read(const char *text, int *grid, struct err *err)
{
    char *end;
    long n;

    if (strcmp(text, "all") == 0) {
        *grid = 0;
        return ST_OK;
    }
    n = strtol(text, &end, 10);
    if (end == text || *end != '\0' || n < 1 || n > 65535)
        return err_set(err, ST_INVALID, "search.grid",
            "grid must be a number from 1 to 65535, or \"all\"");
    *grid = (int)n;
    return ST_OK;
}

enum status
search_reference_read(
    const char *text, enum search_reference *ref, struct err *err)
{
    if (strcmp(text, "label") != 0 && strcmp(text, "final") != 0)
        return err_set(err, ST_INVALID, "search.reference",
            "reference must be \"label\" or \"final\"");
    *ref = text[0] == 'l' ? SEARCH_LABEL : SEARCH_FINAL;
    return ST_OK;
}

static enum status
read_grid(const json_t *grid, struct search_options *o, struct err *err)
{
    char text[24] = "";

    if (grid == NULL)
        return ST_OK;
    if (json_is_integer(grid))
        snprintf(
            text, sizeof(text), "%lld", (long long)json_integer_value(grid));
    return search_grid_read(
        json_is_string(grid) ? json_string_value(grid) : text, &o->grid, err);
}

enum status
search_options_read(
    const json_t *problem, struct search_options *o, struct err *err)
{
    const char *reference = "label";
    int64_t max_exits = 0, seed = 1;
    struct search_sure_json sure = { 0 };
    json_t *grid = NULL, *keep = NULL, *without = NULL, *accuracy = NULL;
    const struct json_field fields[] = {
        { "objective", JF_STR, false, &o->objective, 0, 64 },
        { "max_drop", JF_REAL, false, &o->max_drop, 0, 1 },
        { "min_accuracy", JF_REAL, false, &o->min_accuracy, 0, 1 },
        { "grid", JF_ANY, false, &grid, 0, 0 },
        { "reference", JF_STR, false, &reference, 0, 16 },
        { "max_exits", JF_INT, false, &max_exits, 1, RECORDS_EXITS_MAX },
        { "worst_case", JF_REAL, false, &o->worst_case, 0, 1e300 },
        { "keep", JF_ARR, false, &keep, 0, 0 },
        { "without", JF_ARR, false, &without, 0, 0 },
        { "min_exit_accuracy", JF_ANY, false, &accuracy, 0, 0 },
        { "seed", JF_INT, false, &seed, 0, 9007199254740992.0 },
        { "compare", JF_BOOL, false, &o->compare, 0, 0 },
        { "time_limit_s", JF_REAL, false, &o->time_limit_s, 0, 86400 },
        { "guarantee", JF_OBJ, false, &sure.guarantee, 0, 0 },
        { "cross", JF_OBJ, false, &sure.cross, 0, 0 },
        { "robust", JF_BOOL, false, &sure.robust, 0, 0 },
        { "bootstrap", JF_OBJ, false, &sure.bootstrap, 0, 0 },
        { "metrics", JF_ARR, false, &sure.metrics, 0, 0 },
    };
    enum status st;

    search_options_init(o);
    if ((st = JSON_READ(problem, "problem", fields, err)) != ST_OK ||
        (st = read_grid(grid, o, err)) != ST_OK ||
        (st = search_reference_read(reference, &o->reference, err)) != ST_OK)
        return st;
    o->seed = (uint64_t)seed;
    o->max_exits = (int)max_exits;
    o->limits = (struct exit_limits){ keep, without, accuracy };
    if ((st = limits_check(&o->limits, err)) != ST_OK)
        return st;
    if (isnan(o->max_drop) == isnan(o->min_accuracy))
        return err_set(err, ST_INVALID, "search.floor",
            "give either max_drop or min_accuracy");
    return search_sure_read(&sure, o, err);
}
