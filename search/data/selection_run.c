/* SPDX-License-Identifier: MIT */
/* selection_run.c -- every premodel by cross-validation, beside what it must
 * beat and what it cannot. */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/rng.h"
#include "search/data/selection.h"

enum { TIMED_ROWS = 1000 };

void
selection_options_init(struct selection_options *o)
{
    *o = (struct selection_options){ .theta = 0.005, .folds = 10, .seed = 1 };
}

struct run {
    const struct selection *s; /* borrowed */
    const struct selection_options *o;
    struct select_table table;
    struct select_ask ask;
    uint8_t *fold, *chosen; /* owned */
    int best;               /* the most accurate configuration */
    struct select_outcome best_does;
};

/* By a seeded hash of the group, or of the row where there are none. */
static void
deal(struct run *r)
{
    for (size_t i = 0; i < r->s->n; i++) {
        struct rng rng = { r->o->seed * UINT64_C(1000003) +
                           (r->s->group ? r->s->group[i] : i) };

        r->fold[i] = (uint8_t)rng_below(&rng, (uint64_t)r->o->folds);
    }
}

static struct select_outcome
always(const struct run *r, int config)
{
    for (size_t i = 0; i < r->s->n; i++)
        r->chosen[i] = (uint8_t)config;
    return select_judge(&r->table, r->chosen, 0);
}

/* The cheapest right answer; where nobody has one, the cheapest wrong one. */
static struct select_outcome
oracle(const struct run *r, const struct select_set *set)
{
    for (size_t i = 0; i < r->s->n; i++) {
        int c = select_label(&r->table, set, i);

        for (int k = 0; c == SELECT_NONE && k < set->n; k++) {
            int best = k == 0 ? set->member[0] : r->chosen[i],
                m = set->member[k];

            if (r->table.cost[(size_t)m * r->s->n + i] <
                r->table.cost[(size_t)best * r->s->n + i])
                best = m;
            r->chosen[i] = (uint8_t)best;
        }
        if (c != SELECT_NONE)
            r->chosen[i] = (uint8_t)c;
    }
    return select_judge(&r->table, r->chosen, 0);
}

static json_t *
outcome_json(const struct select_outcome *o)
{
    return json_pack("{s:f,s:f,s:f}", "cost", o->cost, "accuracy", o->accuracy,
        "declined", o->declined);
}

static json_t *
configs_json(struct run *r)
{
    json_t *a = json_array();
    struct select_set all;
    size_t labels[SELECT_MAX + 1] = { 0 };

    select_all(&r->table, &all);
    for (size_t i = 0; i < r->s->n; i++)
        labels[select_label(&r->table, &all, i)]++;
    for (int c = 0; a != NULL && c < r->s->configs; c++) {
        struct select_outcome o = always(r, c);

        if (c == 0 || o.accuracy > r->best_does.accuracy ||
            (o.accuracy == r->best_does.accuracy &&
                o.cost < r->best_does.cost)) {
            r->best = c;
            r->best_does = o;
        }
        (void)json_array_append_new(
            a, json_pack("{s:s,s:f,s:f,s:f}", "name", r->s->name[c], "cost",
                   o.cost, "accuracy", o.accuracy, "label_share",
                   (double)labels[c] / (double)r->s->n));
    }
    return a;
}

static json_t *
set_json(const struct run *r, enum select_rule rule, struct select_set *set)
{
    json_t *a = json_array();

    select_choose(&r->table, rule, r->o->theta, set);
    for (int k = 0; a != NULL && k < set->n; k++)
        (void)json_array_append_new(a, json_string(r->s->name[set->member[k]]));
    return a;
}

/* What a decision takes here, features aside: premodels trained on all. */
static enum status
decision_ns(const struct run *r, const struct premodel_kind *kind,
    enum select_shape shape, double *ns, struct err *err)
{
    size_t n = r->s->n < TIMED_ROWS ? r->s->n : TIMED_ROWS;
    struct select_model *m;
    int64_t start;
    enum status st = select_train(&r->ask, kind, shape, -1, &m, err);

    if (st != ST_OK)
        return st;
    start = clock_ns();
    for (size_t i = 0; i < n; i++)
        r->chosen[i] = (uint8_t)select_decide(m, r->s->x + i * (size_t)r->s->d);
    *ns = (double)(clock_ns() - start) / (double)n;
    select_model_free(m);
    return ST_OK;
}

/* How often a sample whose label is in row L (the cheapest right one, or none)
 * was given to column C (or to none). */
static json_t *
confusion_json(const struct run *r)
{
    size_t count[SELECT_MAX + 1][SELECT_MAX + 1] = { 0 };
    int n = r->s->configs;
    struct select_set all;
    json_t *rows = json_array();

    select_all(&r->table, &all);
    for (size_t i = 0; i < r->s->n; i++) {
        int label = select_label(&r->table, &all, i), got = r->chosen[i];

        count[label == SELECT_NONE ? n : label][got == SELECT_NONE ? n : got]++;
    }
    for (int a = 0; rows != NULL && a <= n; a++) {
        json_t *row = json_array();

        for (int b = 0; row != NULL && b <= n; b++)
            (void)json_array_append_new(
                row, json_integer((json_int_t)count[a][b]));
        (void)json_array_append_new(rows, row);
    }
    return rows;
}

/* Features may cost at most what choosing saves against the most accurate
 * configuration alone. */
static enum status
add_policy(struct run *r, const struct premodel_kind *kind,
    enum select_shape shape, json_t *rows, struct err *err)
{
    struct select_outcome o;
    double ns, break_even;
    size_t bytes;
    json_t *row;
    enum status st;

    if ((st = decision_ns(r, kind, shape, &ns, err)) != ST_OK ||
        (st = select_cross(&r->ask, kind, shape, r->chosen, &bytes, err)) !=
            ST_OK)
        return st;
    o = select_judge(&r->table, r->chosen, r->o->feature_cost);
    break_even = r->best_does.cost - (o.cost - r->o->feature_cost);
    row = json_pack("{s:s,s:s,s:s,s:o,s:f,s:b,s:f,s:I,s:o}", "premodel",
        kind->name, "summary", kind->summary, "shape",
        shape == SELECT_CASCADE ? "cascade" : "single", "test",
        outcome_json(&o), "break_even", break_even, "pays",
        r->o->feature_cost < break_even, "decision_ns", ns, "bytes",
        (json_int_t)bytes, "confusion", confusion_json(r));
    return json_array_append_new(rows, row) < 0 ? err_nomem(err) : ST_OK;
}

static enum status
policies_json(struct run *r, json_t **out, struct err *err)
{
    enum status st = ST_OK;

    if ((*out = json_array()) == NULL)
        return err_nomem(err);
    for (size_t k = 0; st == ST_OK && premodel_kinds[k] != NULL; k++) {
        st = add_policy(r, premodel_kinds[k], SELECT_CASCADE, *out, err);
        if (st == ST_OK)
            st = add_policy(r, premodel_kinds[k], SELECT_SINGLE, *out, err);
    }
    return st;
}

static json_t *
feature_names(const struct selection *s)
{
    json_t *a = json_array();

    for (int j = 0; a != NULL && j < s->d; j++)
        (void)json_array_append_new(
            a, s->feature[j] ? json_string(s->feature[j]) : json_null());
    return a;
}

static enum status
document(struct run *r, const char *objective, json_t **out, struct err *err)
{
    struct select_set all, accurate, optimal;
    struct select_outcome bound, bound_set;
    json_t *configs = configs_json(r), *policies = NULL, *sets;
    enum status st = policies_json(r, &policies, err);

    if (st != ST_OK) {
        json_decref(configs);
        json_decref(policies);
        return st;
    }
    select_all(&r->table, &all);
    sets = json_pack("{s:o,s:o}", "accuracy",
        set_json(r, SELECT_ACCURACY, &accurate), "optimal",
        set_json(r, SELECT_OPTIMAL, &optimal));
    bound = oracle(r, &all);
    bound_set = oracle(r, r->o->rule == SELECT_ACCURACY ? &accurate : &optimal);
    *out = json_pack("{s:s,s:s,s:I,s:I,s:f,s:s,s:f,s:o,s:o,s:s,s:o,s:o,s:o,"
                     "s:o}",
        "schema", "offramp.selection/1", "objective", objective, "samples",
        (json_int_t)r->s->n, "folds", (json_int_t)r->o->folds, "theta",
        r->o->theta, "rule",
        r->o->rule == SELECT_ACCURACY ? "accuracy" : "optimal", "feature_cost",
        r->o->feature_cost, "features", feature_names(r->s), "configs", configs,
        "best", r->s->name[r->best], "sets", sets, "oracle",
        outcome_json(&bound), "oracle_set", outcome_json(&bound_set),
        "policies", policies);
    return *out ? ST_OK : err_nomem(err);
}

static enum status
check(const struct selection *s, const struct selection_options *o,
    struct err *err)
{
    if (s->configs < 2)
        return err_set(err, ST_INVALID, "select.configs",
            "%d configuration: there is nothing to choose between; give two "
            "at least",
            s->configs);
    if (s->d == 0)
        return err_set(err, ST_INVALID, "select.features",
            "there are no features to choose by");
    if (o->folds < 2 || o->folds > SELECT_FOLDS_MAX)
        return err_set(err, ST_INVALID, "select.folds",
            "folds is %lld: give 2 to %d", (long long)o->folds,
            SELECT_FOLDS_MAX);
    if (s->n < (size_t)(4 * o->folds) || s->n < (size_t)s->configs)
        return err_set(err, ST_UNPROCESSABLE, "select.records",
            "%zu samples are too few for %d configurations and %lld folds",
            s->n, s->configs, (long long)o->folds);
    if (!(o->theta >= 0 && o->theta <= 1))
        return err_set(err, ST_INVALID, "select.theta",
            "theta is %g: give a share within 0..1", o->theta);
    if (!(o->feature_cost >= 0) || !isfinite(o->feature_cost))
        return err_set(err, ST_INVALID, "select.feature_cost",
            "the features' cost is %g: give 0 or more", o->feature_cost);
    return ST_OK;
}

enum status
selection_run(const struct selection *s, const char *objective,
    const struct selection_options *o, json_t **out, struct err *err)
{
    struct run r = { .s = s, .o = o };
    enum status st = check(s, o, err);

    *out = NULL;
    if (st != ST_OK)
        return st;
    r.table = (struct select_table){ s->n, s->configs, s->cost, s->right };
    r.fold = malloc(s->n);
    r.chosen = malloc(s->n);
    r.ask = (struct select_ask){ &r.table, s->x, s->d, r.fold, (int)o->folds,
        o->rule, o->theta };
    if (r.fold == NULL || r.chosen == NULL) {
        st = err_nomem(err);
    } else {
        deal(&r);
        st = document(&r, objective, out, err);
    }
    free(r.fold);
    free(r.chosen);
    return st;
}
