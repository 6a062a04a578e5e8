/* SPDX-License-Identifier: MIT */
#include "search/data/ordered.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/policy/temporal.h"

#define BAD(err, ...) err_set(err, ST_INVALID, "policy.records", __VA_ARGS__)

enum { LAGS = 6, SAMPLES_MIN = 4 };

void
ordered_options_init(struct ordered_options *o)
{
    *o = (struct ordered_options){
        .objective = "latency_ns", .max_drop = 0.01, .time_limit_s = 10
    };
}

/* What a rule looks at, and what its two ways cost. */
struct view {
    const struct temporal_rule *rule; /* borrowed */
    const struct records_vectors *vectors;
    int exit;
    double repeat, full; /* cost of a sample */
    float *reference;    /* [dims], borrowed */
};

struct ordered {
    const struct records *r; /* borrowed */
    const struct ordered_options *o;
    bool *starts;     /* owned, [n]: a sequence begins */
    double *distance; /* owned: sampled distances */
    size_t n[2], full_right[2];
    double full;
    double prefix[RECORDS_EXITS_MAX], head[RECORDS_EXITS_MAX];
};

struct outcome {
    double cost, accuracy, repeated;
};

static int64_t
wanted(const struct ordered *d, size_t i)
{
    const struct records *r = d->r;

    return d->o->reference == SEARCH_FINAL
               ? r->pred[(size_t)(r->exits - 1) * r->n + i]
               : r->label[i];
}

static bool
belongs(const struct ordered *d, size_t i, int half)
{
    return d->r->half[i] == half && wanted(d, i) >= 0;
}

static struct outcome
replay(
    const struct ordered *d, const struct view *v, double threshold, int half)
{
    const struct records *r = d->r;
    const int64_t *head = r->pred + (size_t)v->exit * r->n;
    const int64_t *final = r->pred + (size_t)(r->exits - 1) * r->n;
    struct outcome o = { 0 };
    double n = (double)d->n[half];
    struct temporal t;

    temporal_start(&t, v->rule, threshold, v->reference, v->vectors->dims);
    for (size_t i = 0; i < r->n; i++) {
        const float *x = v->vectors->v + i * v->vectors->dims;
        bool repeated;

        if (r->half[i] != half)
            continue;
        if (d->starts[i])
            temporal_forget(&t);
        repeated = temporal_repeat(&t, x, head[i]);
        if (!repeated)
            temporal_learn(&t, x, head[i], final[i]);
        if (wanted(d, i) < 0)
            continue; /* it passed by, but nobody knows what was right */
        o.repeated += repeated;
        o.cost += repeated ? v->repeat : v->full;
        o.accuracy += t.answer == wanted(d, i);
    }
    return (struct outcome){ o.cost / n, o.accuracy / n, o.repeated / n };
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Candidate thresholds: quantiles of the distances between samples of the
 * calibration half that lie 1, 2, 4 .. 32 apart, and "always". */
static size_t
candidates(const struct ordered *d, const struct view *v,
    double out[ORDERED_THRESHOLDS + 1])
{
    const struct records_vectors *b = v->vectors;
    size_t n = 0, kept = 0;

    for (int lag = 0; lag < LAGS; lag++)
        for (size_t i = (size_t)1 << lag; i < d->r->n; i++)
            if (d->r->half[i] == RECORDS_CAL &&
                d->r->half[i - ((size_t)1 << lag)] == RECORDS_CAL)
                d->distance[n++] = temporal_distance(b->v + i * b->dims,
                    b->v + (i - ((size_t)1 << lag)) * b->dims, b->dims);
    qsort(d->distance, n, sizeof(*d->distance), by_value);
    for (size_t q = 0; n > 0 && q < ORDERED_THRESHOLDS; q++) {
        double x = d->distance[q * n / ORDERED_THRESHOLDS];

        if (kept == 0 || x > out[kept - 1])
            out[kept++] = x;
    }
    out[kept++] = INFINITY;
    return kept;
}

struct choice {
    double threshold;
    struct outcome cal, test;
};

/* The cheapest threshold that keeps the floor; 0 repeats nothing and always
 * keeps it. */
static struct choice
choose(const struct ordered *d, const struct view *v)
{
    double threshold[ORDERED_THRESHOLDS + 1],
        floor = (double)d->full_right[RECORDS_CAL] / (double)d->n[RECORDS_CAL] -
                d->o->max_drop - 1e-9;
    size_t n = candidates(d, v, threshold);
    struct choice best = { .cal = replay(d, v, 0, RECORDS_CAL) };

    for (size_t i = 0; i < n; i++) {
        struct outcome o = replay(d, v, threshold[i], RECORDS_CAL);

        if (o.accuracy >= floor && o.cost < best.cal.cost)
            best = (struct choice){ .threshold = threshold[i], .cal = o };
    }
    best.test = replay(d, v, best.threshold, RECORDS_TEST);
    return best;
}

static json_t *
outcome_json(const struct outcome *o)
{
    return json_pack("{s:f,s:f,s:f}", "cost", o->cost, "accuracy", o->accuracy,
        "repeated", o->repeated);
}

/* One rule at one exit.  Not online: its state is a vector and two answers. */
static enum status
add_row(const struct ordered *d, const struct temporal_rule *rule, int exit,
    const struct records_vectors *vectors, json_t *rows, struct err *err)
{
    double head = rule->head ? d->head[exit] : 0;
    double compare = d->o->distance * (double)vectors->dims;
    struct view v = { rule, vectors, exit, d->prefix[exit] + head + compare,
        d->full + head + compare, calloc(vectors->dims, sizeof(float)) };
    struct choice c;
    json_t *row;

    if (v.reference == NULL)
        return err_nomem(err);
    c = choose(d, &v);
    free(v.reference);
    row = json_pack("{s:s,s:s,s:i,s:I,s:o,s:o,s:o,s:I}", "name", rule->name,
        "summary", rule->summary, "exit", exit, "dims",
        (json_int_t)vectors->dims, "threshold",
        json_number_or_null(c.threshold), "calibration", outcome_json(&c.cal),
        "test", outcome_json(&c.test), "state_bytes",
        (json_int_t)(sizeof(struct temporal) + vectors->dims * sizeof(float)));
    return json_array_append_new(rows, row) < 0 ? err_nomem(err) : ST_OK;
}

static enum status
add_rows(const struct ordered *d, json_t *rows, struct err *err)
{
    const struct records *r = d->r;
    enum status st = ST_OK;

    for (const struct temporal_rule *rule = temporal_rules; rule->name; rule++)
        for (int e = 0; st == ST_OK && e < r->exits - 1; e++) {
            const struct records_vectors *all =
                rule->head ? r->vector : r->feature;

            if (all != NULL && all[e].dims > 0)
                st = add_row(d, rule, e, &all[e], rows, err);
        }
    if (st == ST_OK && json_array_size(rows) == 0)
        return BAD(err,
            "no early exit has a column vector_K (class scores) or feature_K "
            "(a fingerprint of its feature map): temporal policies compare "
            "them from sample to sample");
    return st;
}

static enum status
take_costs(struct ordered *d, const struct costs *c, struct err *err)
{
    int m = costs_metric(c, d->o->objective);
    double sum = 0;

    if (c->exits != d->r->exits)
        return err_set(err, ST_UNPROCESSABLE, "policy.exits",
            "the records have %d exits, the costs %d: they are not of one "
            "network",
            d->r->exits, c->exits);
    if (m < 0)
        return err_set(err, ST_INVALID, "policy.objective",
            "the costs have no metric '%.64s'; the first they have is %s",
            d->o->objective, c->metric[0]);
    for (int e = 0; e < c->exits; e++) {
        sum += c->exit[e].segment[m].median;
        d->prefix[e] = sum;
        d->head[e] = c->exit[e].head[m].median;
        if (isnan(sum) || isnan(d->head[e]))
            return err_set(err, ST_INVALID, "policy.costs",
                "exit %d (%s): its %s was not measured; choose another "
                "objective",
                e, c->exit[e].name, d->o->objective);
    }
    d->full = sum + d->head[c->exits - 1];
    return ST_OK;
}

/* Where sequences begin: with the first row, a new group, a new half. */
static void
find_starts(struct ordered *d)
{
    const struct records *r = d->r;

    for (size_t i = 0; i < r->n; i++)
        d->starts[i] =
            i == 0 || r->half[i] != r->half[i - 1] ||
            (r->group != NULL && strcmp(r->group[i], r->group[i - 1]) != 0);
}

static enum status
take_samples(struct ordered *d, struct err *err)
{
    const struct records *r = d->r;
    const int64_t *final = r->pred + (size_t)(r->exits - 1) * r->n;

    for (size_t i = 0; i < r->n; i++)
        for (int half = RECORDS_CAL; half <= RECORDS_TEST; half++)
            if (belongs(d, i, half)) {
                d->n[half]++;
                d->full_right[half] += final[i] == wanted(d, i);
            }
    if (d->n[RECORDS_CAL] < SAMPLES_MIN || d->n[RECORDS_TEST] < SAMPLES_MIN)
        return BAD(err,
            "%zu samples with an answer to compare with in the calibration "
            "half and %zu in the test half: a stream needs %d in each",
            d->n[RECORDS_CAL], d->n[RECORDS_TEST], SAMPLES_MIN);
    find_starts(d);
    return ST_OK;
}

static enum status
split_in_time(struct records *r, struct err *err)
{
    if (r->half != NULL)
        return ST_OK;
    if ((r->half = malloc(r->n + 1)) == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < r->n; i++)
        r->half[i] = i < r->n / 2 ? RECORDS_CAL : RECORDS_TEST;
    return ST_OK;
}

/* The exact plan, which looks at each sample alone, on the same halves. */
static enum status
exact_plan(const struct ordered *d, const struct costs *c, json_t **out,
    struct err *err)
{
    struct search_options o;
    json_t *curve;
    enum status st;

    search_options_init(&o);
    o.objective = d->o->objective;
    o.max_drop = d->o->max_drop;
    o.reference = d->o->reference;
    o.time_limit_s = d->o->time_limit_s;
    o.curve_points = 0;
    if ((st = search_records(d->r, c, &o, out, &curve, err)) == ST_OK)
        json_decref(curve);
    return st;
}

static enum status
document(const struct ordered *d, const struct costs *c, json_t **out,
    struct err *err)
{
    json_t *rows = json_array(), *exact = NULL;
    enum status st = rows ? add_rows(d, rows, err) : err_nomem(err);
    struct outcome full = { d->full,
        (double)d->full_right[RECORDS_TEST] / (double)d->n[RECORDS_TEST], 0 };

    if (st == ST_OK)
        st = exact_plan(d, c, &exact, err);
    if (st != ST_OK) {
        json_decref(rows);
        return st;
    }
    *out = json_pack("{s:s,s:s,s:s,s:I,s:I,s:f,s:f,s:o,s:o,s:o}", "schema",
        "offramp.ordered/1", "objective", d->o->objective, "reference",
        d->o->reference == SEARCH_LABEL ? "label" : "final", "calibration",
        (json_int_t)d->n[RECORDS_CAL], "samples",
        (json_int_t)d->n[RECORDS_TEST], "max_drop", d->o->max_drop, "distance",
        d->o->distance, "full", outcome_json(&full), "exact", exact, "policies",
        rows);
    return *out ? ST_OK : err_nomem(err);
}

enum status
ordered_run(struct records *r, const struct costs *c,
    const struct ordered_options *o, json_t **out, struct err *err)
{
    struct ordered d = { .r = r, .o = o };
    enum status st;

    *out = NULL;
    if (!(o->distance >= 0) || !isfinite(o->distance))
        return err_set(err, ST_INVALID, "policy.setting",
            "distance is %g: give 0 or more", o->distance);
    d.starts = calloc(r->n + 1, sizeof(*d.starts));
    d.distance = calloc(LAGS * r->n + 1, sizeof(*d.distance));
    st = d.starts && d.distance ? split_in_time(r, err) : err_nomem(err);
    if (st == ST_OK && (st = take_costs(&d, c, err)) == ST_OK &&
        (st = take_samples(&d, err)) == ST_OK)
        st = document(&d, c, out, err);
    free(d.starts);
    free(d.distance);
    return st;
}
