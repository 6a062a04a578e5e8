/* SPDX-License-Identifier: MIT */
#include "search/data/ordered.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "search/policy/temporal.h"

#define BAD(err, ...) err_set(err, ST_INVALID, "policy.records", __VA_ARGS__)

enum { LAGS = 6, SAMPLES_MIN = 4 };

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
    double step_ns; /* of the replay on the test half */
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
    int64_t start;

    for (size_t i = 0; i < n; i++) {
        struct outcome o = replay(d, v, threshold[i], RECORDS_CAL);

        if (o.accuracy >= floor && o.cost < best.cal.cost)
            best = (struct choice){ .threshold = threshold[i], .cal = o };
    }
    start = clock_ns();
    best.test = replay(d, v, best.threshold, RECORDS_TEST);
    best.step_ns = (double)(clock_ns() - start) / (double)d->n[RECORDS_TEST];
    return best;
}

static json_t *
outcome_json(const struct outcome *o)
{
    return json_pack("{s:f,s:f,s:f}", "cost", o->cost, "accuracy", o->accuracy,
        "repeated", o->repeated);
}

/* One run, so there is no interval. */
static json_t *
once(double x)
{
    return json_pack("[f,n,n]", x);
}

/* One rule at one exit.  Its state is a vector and two answers; a repeated
 * answer has no score, so there are no earnings to regret. */
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
    row = json_pack("{s:s,s:s,s:s,s:b,s:o,s:o,s:o,s:n,s:n,s:n,s:n,s:o,s:i,s:I,"
                    "s:o,s:o,s:I,s:f}",
        "name", rule->name, "family", "temporal", "summary", rule->summary,
        "realisable", true, "cost", once(c.test.cost), "accuracy",
        once(c.test.accuracy), "offloaded", once(0), "probed", "regret",
        "regret_trace", "favourite", "repeated", once(c.test.repeated), "exit",
        exit, "dims", (json_int_t)vectors->dims, "threshold",
        json_number_or_null(c.threshold), "calibration", outcome_json(&c.cal),
        "state_bytes",
        (json_int_t)(sizeof(struct temporal) + vectors->dims * sizeof(float)),
        "step_ns", c.step_ns);
    return json_array_append_new(rows, row) < 0 ? err_nomem(err) : ST_OK;
}

static bool
is_wanted(const struct ordered_options *o, const char *name)
{
    for (size_t i = 0; i < o->n_names; i++)
        if (strcmp(o->names[i], name) == 0)
            return true;
    return o->n_names == 0;
}

static enum status
add_rule(const struct ordered *d, const struct temporal_rule *rule,
    json_t *rows, struct err *err)
{
    const struct records *r = d->r;
    const struct records_vectors *all = rule->head ? r->vector : r->feature;
    enum status st = ST_OK;

    for (int e = 0; all != NULL && st == ST_OK && e < r->exits - 1; e++)
        if (all[e].dims > 0)
            st = add_row(d, rule, e, &all[e], rows, err);
    return st;
}

static enum status
add_rows(const struct ordered *d, json_t *rows, struct err *err)
{
    size_t before = json_array_size(rows), rules = 0;
    enum status st = ST_OK;

    for (const struct temporal_rule *rule = temporal_rules;
         st == ST_OK && rule->name; rule++)
        if (is_wanted(d->o, rule->name)) {
            rules++;
            st = add_rule(d, rule, rows, err);
        }
    if (st == ST_OK && rules > 0 && json_array_size(rows) == before)
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

enum status
ordered_split(struct records *r, struct err *err)
{
    if (r->half != NULL)
        return ST_OK;
    if ((r->half = malloc(r->n + 1)) == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < r->n; i++)
        r->half[i] = i < r->n / 2 ? RECORDS_CAL : RECORDS_TEST;
    return ST_OK;
}

enum status
ordered_rows(const struct records *r, const struct costs *c,
    const struct ordered_options *o, json_t *rows, struct err *err)
{
    struct ordered d = { .r = r, .o = o };
    enum status st;

    d.starts = calloc(r->n + 1, sizeof(*d.starts));
    d.distance = calloc(LAGS * r->n + 1, sizeof(*d.distance));
    st = d.starts && d.distance ? ST_OK : err_nomem(err);
    if (st == ST_OK && (st = take_costs(&d, c, err)) == ST_OK &&
        (st = take_samples(&d, err)) == ST_OK)
        st = add_rows(&d, rows, err);
    free(d.starts);
    free(d.distance);
    return st;
}
