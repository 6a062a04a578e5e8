/* SPDX-License-Identifier: MIT */
#include "search/data/compare.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "search/baseline/baseline.h"

/* What all rows share. */
struct table {
    const struct problem *p;
    const struct compare_given *given;
    double reference; /* cost that gaps are against; NaN: none */
    json_t *rows;
};

/* One row before it is written. */
struct row {
    const char *method, *title, *status, *note; /* note: NULL or static */
    const struct solve_plan *plan;              /* NULL: none */
    struct solve_tally cal;
    double expected_cost, expected_accuracy, ms;
};

static double
per_sample(const struct table *t, double sum, int64_t n)
{
    return n > 0 ? sum / (double)n * t->p->quantum : NAN;
}

static double
share(int64_t part, int64_t all)
{
    return all > 0 ? (double)part / (double)all : NAN;
}

static enum status
add_row(struct table *t, const struct row *r, struct err *err)
{
    const struct problem_half *h = &t->p->test;
    struct solve_tally test = { 0 };
    double cost = per_sample(t, (double)r->cal.cost, r->cal.n), gap = NAN;
    enum status st;

    if (r->plan != NULL && h->data.n > 0 &&
        (st = solve_eval(&h->data, r->plan, &test, err)) != ST_OK)
        return st;
    if (strcmp(r->status, "meets") == 0 && t->reference > 0)
        gap = cost / t->reference - 1;
    if (json_array_append_new(t->rows,
            json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:s?}",
                "method", r->method, "title", r->title, "status", r->status,
                "cost", json_number_or_null(cost), "accuracy",
                json_number_or_null(share(r->cal.right, r->cal.n)), "test_cost",
                json_number_or_null(per_sample(t, (double)test.cost, test.n)),
                "test_accuracy", json_number_or_null(share(test.right, test.n)),
                "gap", json_number_or_null(gap), "kept",
                r->plan ? json_integer(__builtin_popcountll(r->plan->kept))
                        : json_null(),
                "expected_cost", json_number_or_null(r->expected_cost),
                "expected_accuracy", json_number_or_null(r->expected_accuracy),
                "ms", json_number_or_null(r->ms), "note", r->note)) < 0)
        return err_nomem(err);
    return ST_OK;
}

/* The search's own row. */
static enum status
add_ours(struct table *t, struct err *err)
{
    static const char *const titles[] = { [SOLVE_OPTIMAL] =
                                              "the search: proved optimal",
        [SOLVE_FEASIBLE] = "the search: best found",
        [SOLVE_INFEASIBLE] = "the search: nearest miss" };
    const struct solve_result *s = t->given->result;

    return add_row(t,
        &(struct row){ .method = "search",
            .title = titles[s->status],
            .status = s->status == SOLVE_INFEASIBLE ? "floor" : "meets",
            .plan = &s->plan,
            .cal = s->tally,
            .expected_cost = NAN,
            .expected_accuracy = NAN,
            .ms = t->given->solve_ms },
        err);
}

static enum status
add_skipped(struct table *t, const struct baseline *b, struct err *err)
{
    return add_row(t,
        &(struct row){ .method = b->name,
            .title = b->title,
            .status = "none",
            .note = "stopped before it ran",
            .expected_cost = NAN,
            .expected_accuracy = NAN,
            .ms = NAN },
        err);
}

static enum status
add_baseline(struct table *t, const struct baseline *b, struct err *err)
{
    static const char *const words[] = { [BASELINE_MEETS] = "meets",
        [BASELINE_FLOOR] = "floor",
        [BASELINE_LIMIT] = "limit",
        [BASELINE_NONE] = "none" };
    const struct solve_data *d = &t->p->cal.data;
    struct baseline_result r;
    int64_t start = clock_ns();
    enum status st = baseline_run(b, d, &t->p->options, &r, err);

    if (st != ST_OK)
        return st;
    return add_row(t,
        &(struct row){ .method = b->name,
            .title = b->title,
            .status = words[r.status],
            .note = r.why,
            .plan = r.status == BASELINE_NONE ? NULL : &r.plan,
            .cal = r.tally,
            .expected_cost = per_sample(t, r.cost, r.tally.n),
            .expected_accuracy = r.right / (double)r.tally.n,
            .ms = (double)(clock_ns() - start) / 1e6 },
        err);
}

enum status
compare_methods(const struct problem *p, const struct compare_given *g,
    json_t **out, struct err *err)
{
    const struct solve_result *s = g->result;
    struct table t = { .p = p, .given = g, .reference = NAN };
    const char *against = NULL;
    enum status st;

    *out = NULL;
    if ((t.rows = json_array()) == NULL)
        return err_nomem(err);
    if (s->status != SOLVE_INFEASIBLE) {
        against = s->proved ? "optimum" : "lower_bound";
        t.reference = per_sample(&t, (double)s->lower, s->tally.n);
    }
    st = add_ours(&t, err);
    for (int b = 0; st == ST_OK && b < BASELINES; b++)
        st = g->stop != NULL && g->stop(g->stop_ctx)
                 ? add_skipped(&t, &baselines[b], err)
                 : add_baseline(&t, &baselines[b], err);
    if (st != ST_OK) {
        json_decref(t.rows);
        return st;
    }
    *out = json_pack("{s:s?,s:o,s:o}", "against", against, "reference_cost",
        json_number_or_null(t.reference), "rows", t.rows);
    return *out ? ST_OK : err_nomem(err);
}
