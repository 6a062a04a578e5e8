/* SPDX-License-Identifier: MIT */
#include "search/data/plan_read.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BAD(err, ...) err_set(err, ST_INVALID, "plan.json", __VA_ARGS__)

static enum status
read_exit(const json_t *doc, struct plan_exits *x, bool last, struct err *err)
{
    char path[32];
    int64_t index = 0;
    double threshold = NAN;
    const char *score = score_word(SCORE_MAX_PROBABILITY);
    const struct json_field fields[] = {
        { "index", JF_INT, true, &index, 0, RECORDS_EXITS_MAX },
        { "name", JF_STR, true, &x->name[x->n], 0, 0 },
        { "kept", JF_BOOL, true, &x->kept[x->n], 0, 0 },
        { "threshold", JF_REAL, false, &threshold, 0, 0 },
        { "score", JF_STR, false, &score, 0, 0 },
    };
    enum status st;

    snprintf(path, sizeof(path), "exits[%d]", x->n);
    if ((st = JSON_PICK(doc, path, fields, err)) != ST_OK)
        return st;
    if (index != x->n)
        return BAD(err, "%s.index is %lld: exits must be in graph order", path,
            (long long)index);
    if (last && !x->kept[x->n])
        return BAD(err, "%s.kept must be true: it is the last exit", path);
    if (!last && x->kept[x->n] && isnan(threshold))
        return BAD(
            err, "%s.threshold must be a number: the exit is kept", path);
    if ((x->score[x->n] = score_find(score)) == SCORE_KINDS)
        return BAD(err,
            "%s.score is '%.32s': this version runs max_probability, margin "
            "and entropy",
            path, score);
    x->threshold[x->n++] = threshold;
    return ST_OK;
}

enum status
plan_exits_read(const json_t *doc, struct plan_exits *out, struct err *err)
{
    const char *schema = NULL, *status = NULL, *reference = "label";
    json_t *exits = NULL, *e;
    const struct json_field fields[] = {
        { "schema", JF_STR, true, &schema, 0, 0 },
        { "status", JF_STR, true, &status, 0, 0 },
        { "objective", JF_STR, true, &out->objective, 0, 0 },
        { "reference", JF_STR, false, &reference, 0, 0 },
        { "exits", JF_ARR, true, &exits, 0, 0 },
    };
    size_t i, n;
    enum status st;

    *out = (struct plan_exits){ 0 };
    if ((st = JSON_PICK(doc, "plan", fields, err)) != ST_OK)
        return st;
    n = json_array_size(exits);
    if (strcmp(schema, "offramp.plan/1") != 0)
        return BAD(err, "plan.schema must be offramp.plan/1");
    if (strcmp(status, "infeasible") == 0)
        return err_set(err, ST_UNPROCESSABLE, "plan.infeasible",
            "this plan is a nearest miss: search again with a lower floor");
    if (n == 0 || n > RECORDS_EXITS_MAX)
        return BAD(
            err, "plan.exits must have 1 to %d members", RECORDS_EXITS_MAX);
    out->label = strcmp(reference, "label") == 0;
    json_array_foreach(exits, i, e)
    {
        if ((st = read_exit(e, out, i == n - 1, err)) != ST_OK)
            return st;
    }
    return ST_OK;
}

struct solve_plan
plan_exits_solve(const struct plan_exits *x)
{
    struct solve_plan p = { 0 };

    for (int e = 0; e < x->n; e++) {
        p.kept |= (uint64_t)x->kept[e] << e;
        p.threshold[e] = x->threshold[e];
    }
    return p;
}
