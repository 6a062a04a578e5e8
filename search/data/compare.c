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

/* What became of one method. */
struct outcome {
    bool ran; /* false: the caller had enough */
    double ms;
    struct baseline_result r;
};

/* Apply every method, as long as the caller does not stop us. */
static enum status
run_all(const struct problem *p, const struct compare_given *g,
    struct outcome *out, struct err *err)
{
    for (int b = 0; b < BASELINES; b++) {
        int64_t start = clock_ns();
        enum status st;

        out[b].ran = g->stop == NULL || !g->stop(g->stop_ctx);
        if (!out[b].ran)
            continue;
        st = baseline_run(
            &baselines[b], &p->cal.data, &p->options, &out[b].r, err);
        if (st != ST_OK)
            return st;
        out[b].ms = (double)(clock_ns() - start) / 1e6;
    }
    return ST_OK;
}

/* What gaps are measured from: the optimum, which the search has proved or
 * which is known because every choice was tried, or else the bound. */
static const char *
find_reference(struct table *t, const struct outcome *o)
{
    const struct solve_result *s = t->given->result;

    if (s->status == SOLVE_INFEASIBLE)
        return NULL;
    t->reference = per_sample(t, (double)s->lower, s->tally.n);
    if (s->proved)
        return "optimum";
    for (int b = 0; b < BASELINES; b++)
        if (strcmp(baselines[b].name, "enumeration") == 0 && o[b].ran &&
            o[b].r.status == BASELINE_MEETS) {
            t->reference =
                per_sample(t, (double)o[b].r.tally.cost, o[b].r.tally.n);
            return "optimum";
        }
    return "lower_bound";
}

/* The search's own row.  Its nearest miss is the full network where nothing
 * keeps to the other limits. */
static enum status
add_ours(struct table *t, struct err *err)
{
    static const char *const titles[] = { [SOLVE_OPTIMAL] =
                                              "the search: proved optimal",
        [SOLVE_FEASIBLE] = "the search: best found",
        [SOLVE_INFEASIBLE] = "the search: nearest miss" };
    const struct solve_result *s = t->given->result;
    const char *status = s->status != SOLVE_INFEASIBLE  ? "meets"
                         : s->tally.right < t->p->floor ? "floor"
                                                        : "limit";

    return add_row(t,
        &(struct row){ .method = "search",
            .title = titles[s->status],
            .status = status,
            .plan = &s->plan,
            .cal = s->tally,
            .expected_cost = NAN,
            .expected_accuracy = NAN,
            .ms = t->given->solve_ms },
        err);
}

static enum status
add_outcome(struct table *t, const struct baseline *b, const struct outcome *o,
    struct err *err)
{
    static const char *const words[] = { [BASELINE_MEETS] = "meets",
        [BASELINE_FLOOR] = "floor",
        [BASELINE_LIMIT] = "limit",
        [BASELINE_NONE] = "none" };
    const struct baseline_result *r = &o->r;
    struct row row = { .method = b->name,
        .title = b->title,
        .status = "none",
        .note = "no time was left for it",
        .expected_cost = NAN,
        .expected_accuracy = NAN,
        .ms = NAN };

    if (o->ran) {
        row.status = words[r->status];
        row.note = r->why       ? r->why
                   : r->stopped ? "stopped by the time limit: its best so far"
                                : NULL;
        row.plan = r->status == BASELINE_NONE ? NULL : &r->plan;
        row.cal = r->tally;
        row.expected_cost = per_sample(t, r->cost, r->tally.n);
        row.expected_accuracy = r->right / (double)r->tally.n;
        row.ms = o->ms;
    }
    return add_row(t, &row, err);
}

enum status
compare_methods(const struct problem *p, const struct compare_given *g,
    json_t **out, struct err *err)
{
    struct table t = { .p = p, .given = g, .reference = NAN };
    struct outcome outcome[BASELINES] = { 0 };
    const char *against;
    enum status st;

    *out = NULL;
    if ((st = run_all(p, g, outcome, err)) != ST_OK)
        return st;
    if ((t.rows = json_array()) == NULL)
        return err_nomem(err);
    against = find_reference(&t, outcome);
    st = add_ours(&t, err);
    for (int b = 0; st == ST_OK && b < BASELINES; b++)
        st = add_outcome(&t, &baselines[b], &outcome[b], err);
    if (st != ST_OK) {
        json_decref(t.rows);
        return st;
    }
    *out = json_pack("{s:s?,s:o,s:o}", "against", against, "reference_cost",
        json_number_or_null(t.reference), "rows", t.rows);
    return *out ? ST_OK : err_nomem(err);
}
