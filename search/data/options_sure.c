/* SPDX-License-Identifier: MIT */
/* options_sure.c -- how sure the answer to a search has to be, from JSON. */
#include "search/data/plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A member whose value is one of a few words; the number is its place. */
struct choice {
    const char *name, *const *words;
    const char *given; /* NULL: the default */
    int *out;
};

static const char *const losses[] = { "drop", "flips", NULL };
static const char *const tests[] = { "exact", "betting", NULL };
static const char *const families[] = { "auto", "front", "shared", NULL };
static const char *const orders[] = { "sequence", "bonferroni", NULL };

static enum status
choose(const struct choice *c, struct err *err)
{
    if (c->given == NULL)
        return ST_OK;
    for (int i = 0; c->words[i] != NULL; i++)
        if (strcmp(c->given, c->words[i]) == 0) {
            *c->out = i;
            return ST_OK;
        }
    return err_set(err, ST_INVALID, "search.guarantee",
        "guarantee.%s must be %s%s%s%s%s", c->name, c->words[0],
        c->words[2] ? ", " : "", c->words[2] ? c->words[1] : "", " or ",
        c->words[2] ? c->words[2] : c->words[1]);
}

static enum status
read_guarantee(const json_t *doc, struct search_options *o, struct err *err)
{
    struct promise_options *p = &o->sure.promise;
    int loss = o->reference == SEARCH_FINAL ? PROMISE_FLIPS : PROMISE_DROP;
    int test = -1, family = PROMISE_AUTO, order = PROMISE_SEQUENCE;
    double eps = NAN;
    struct choice choices[] = {
        { "loss", losses, NULL, &loss },
        { "test", tests, NULL, &test },
        { "family", families, NULL, &family },
        { "order", orders, NULL, &order },
    };
    const struct json_field fields[] = {
        { "eps", JF_REAL, false, &eps, 1e-6, 0.999 },
        { "delta", JF_REAL, false, &p->question.delta, 1e-9, 0.999 },
        { "share", JF_REAL, false, &p->share, 0.01, 0.99 },
        { "loss", JF_STR, false, &choices[0].given, 0, 16 },
        { "test", JF_STR, false, &choices[1].given, 0, 16 },
        { "family", JF_STR, false, &choices[2].given, 0, 16 },
        { "order", JF_STR, false, &choices[3].given, 0, 16 },
    };
    enum status st;

    promise_options_init(p);
    if ((st = JSON_READ(doc, "guarantee", fields, err)) != ST_OK)
        return st;
    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
        if ((st = choose(&choices[i], err)) != ST_OK)
            return st;
    p->question.eps = isnan(eps) ? o->max_drop : eps;
    if (!(p->question.eps > 0))
        return err_set(err, ST_INVALID, "search.guarantee",
            "give guarantee.eps, the largest loss to be promised: there is no "
            "max_drop above 0 to take it from");
    p->question.loss = (enum promise_loss)loss;
    o->sure.test_given = test >= 0;
    p->question.method = test < 0 ? PROMISE_EXACT : (enum promise_method)test;
    p->family = (enum promise_family)family;
    p->order = (enum promise_order)order;
    p->seed = o->seed;
    o->sure.guarantee = true;
    return ST_OK;
}

static enum status
read_cross(const json_t *doc, struct search_options *o, struct err *err)
{
    struct cross_options *c = &o->sure.cross;
    int64_t folds, repeats;
    const struct json_field fields[] = {
        { "folds", JF_INT, false, &folds, 2, CROSS_FOLDS_MAX },
        { "repeats", JF_INT, false, &repeats, 1, CROSS_REPEATS_MAX },
    };
    enum status st;

    cross_options_init(c);
    folds = c->folds;
    repeats = c->repeats;
    if (o->sure.guarantee)
        return err_set(err, ST_INVALID, "search.cross",
            "give cross (what to expect of new data) or guarantee (what is "
            "promised of it), and only one of them");
    if ((st = JSON_READ(doc, "cross", fields, err)) != ST_OK)
        return st;
    c->folds = (int)folds;
    c->repeats = (int)repeats;
    c->seed = o->seed;
    o->sure.crossed = true;
    return ST_OK;
}

static enum status
read_bootstrap(const json_t *doc, struct search_options *o, struct err *err)
{
    struct bootstrap_options *b = &o->sure.bootstrap;
    int64_t draws = 1000, solves = -1;
    const struct json_field fields[] = {
        { "draws", JF_INT, false, &draws, BOOTSTRAP_DRAWS_MIN,
            BOOTSTRAP_DRAWS_MAX },
        { "solves", JF_INT, false, &solves, 0, BOOTSTRAP_DRAWS_MAX },
    };
    enum status st;

    bootstrap_options_init(b);
    if ((st = JSON_READ(doc, "bootstrap", fields, err)) != ST_OK)
        return st;
    if (solves > draws)
        return err_set(err, ST_INVALID, "search.bootstrap",
            "bootstrap.solves is of the draws: at most %lld", (long long)draws);
    b->draws = (int)draws;
    if (solves >= 0)
        b->solves = (int)solves;
    if (b->solves > b->draws)
        b->solves = b->draws;
    return ST_OK;
}

static enum status
read_metrics(const json_t *names, struct search_options *o, struct err *err)
{
    struct search_sure *s = &o->sure;
    size_t n = json_array_size(names);

    if (n < 1 || n > METRICS_MAX)
        return err_set(err, ST_INVALID, "search.metrics",
            "metrics must name 1 to %d metrics of the costs", METRICS_MAX);
    for (size_t i = 0; i < n; i++) {
        const char *name = json_string_value(json_array_get(names, i));

        if (name == NULL || name[0] == '\0' ||
            strlen(name) >= sizeof(s->metric[0]))
            return err_set(err, ST_INVALID, "search.metrics",
                "metrics[%zu] must be the name of a metric", i);
        for (int k = 0; k < s->metrics; k++)
            if (strcmp(s->metric[k], name) == 0)
                return err_set(err, ST_INVALID, "search.metrics",
                    "metrics[%zu]: '%s' is there twice", i, name);
        snprintf(s->metric[s->metrics++], sizeof(s->metric[0]), "%s", name);
    }
    return ST_OK;
}

enum status
search_sure_read(const struct search_sure_json *in, struct search_options *o,
    struct err *err)
{
    enum status st = ST_OK;

    o->sure.robust = in->robust;
    if (in->guarantee != NULL)
        st = read_guarantee(in->guarantee, o, err);
    if (st == ST_OK && in->cross != NULL)
        st = read_cross(in->cross, o, err);
    if (st == ST_OK && in->bootstrap != NULL)
        st = read_bootstrap(in->bootstrap, o, err);
    if (st == ST_OK && in->metrics != NULL)
        st = read_metrics(in->metrics, o, err);
    return st;
}
