/* SPDX-License-Identifier: MIT */
#include "search/data/plan_doc.h"

#include <math.h>

double
plan_doc_mean(const struct problem *p, int64_t sum, int64_t n)
{
    return n > 0 ? (double)sum / (double)n * p->quantum : NAN;
}

double
plan_doc_share(int64_t part, int64_t all)
{
    return all > 0 ? (double)part / (double)all : NAN;
}

enum status
plan_doc_judge(const struct problem_half *h, const struct solve_plan *plan,
    struct solve_tally *out, struct err *err)
{
    *out = (struct solve_tally){ 0 };
    return h->data.n ? solve_eval(&h->data, plan, out, err) : ST_OK;
}

static enum status
half_json(const struct plan_doc *s, const struct problem_half *h, json_t **out,
    struct err *err)
{
    struct solve_plan full;
    struct solve_tally t, f;
    enum status st;

    solve_plan_full(&h->data, &full);
    if ((st = plan_doc_judge(h, &s->result->plan, &t, err)) != ST_OK ||
        (st = plan_doc_judge(h, &full, &f, err)) != ST_OK)
        return st;
    *out = json_pack("{s:I,s:o,s:o,s:o,s:o}", "n", (json_int_t)t.n, "cost",
        json_number_or_null(plan_doc_mean(s->problem, t.cost, t.n)), "accuracy",
        json_number_or_null(plan_doc_share(t.right, t.n)), "cost_full",
        json_number_or_null(plan_doc_mean(s->problem, f.cost, f.n)),
        "accuracy_full", json_number_or_null(plan_doc_share(f.right, f.n)));
    return *out ? ST_OK : err_nomem(err);
}

static json_t *
exit_json(const struct plan_doc *s, int e)
{
    const struct solve_result *r = s->result;
    bool kept = r->plan.kept >> e & 1, last = e == s->costs->exits - 1;

    return json_pack("{s:i,s:s,s:b,s:s,s:o,s:o,s:o}", "index", e, "name",
        s->costs->exit[e].name, "kept", kept, "score",
        score_word(s->problem->score[e]), "threshold",
        kept && !last ? json_real(r->plan.threshold[e]) : json_null(), "share",
        json_number_or_null(plan_doc_share(r->tally.left[e], r->tally.n)),
        "accuracy",
        json_number_or_null(
            plan_doc_share(r->tally.left_right[e], r->tally.left[e])));
}

static json_t *
exits_json(const struct plan_doc *s)
{
    json_t *a = json_array();

    for (int e = 0; a != NULL && e < s->costs->exits; e++)
        if (json_array_append_new(a, exit_json(s, e)) < 0) {
            json_decref(a);
            return NULL;
        }
    return a;
}

enum status
plan_doc_json(const struct plan_doc *s, json_t **out, struct err *err)
{
    static const char *const names[] = { [SOLVE_OPTIMAL] = "optimal",
        [SOLVE_FEASIBLE] = "feasible",
        [SOLVE_INFEASIBLE] = "infeasible" };
    const struct solve_result *r = s->result;
    const struct search_options *o = s->wanted;
    bool none = r->status == SOLVE_INFEASIBLE;
    json_t *cal = NULL, *test = NULL;
    enum status st;

    if ((st = half_json(s, &s->problem->cal, &cal, err)) != ST_OK ||
        (st = half_json(s, &s->problem->test, &test, err)) != ST_OK) {
        json_decref(cal);
        return st;
    }
    *out = json_pack("{s:s,s:s,s:s,s:s,s:f,s:o,s:o,s:o,s:f,s:o,s:o,s:f,s:s,"
                     "s:o,s:I,s:s,s:O?,s:s?,s:O?}",
        "schema", "offramp.plan/1", "status", names[r->status], "objective",
        o->objective, "reference",
        o->reference == SEARCH_LABEL ? "label" : "final", "floor",
        s->problem->floor_accuracy, "exits", exits_json(s), "calibration", cal,
        "test", test, "worst_case",
        (double)r->tally.worst * s->problem->quantum, "lower_bound",
        json_number_or_null(
            none ? NAN : plan_doc_mean(s->problem, r->lower, r->tally.n)),
        "gap", json_number_or_null(none ? NAN : r->gap), "solve_ms",
        s->solve_ms, "solver", r->proved ? "exact" : "heuristic", "grid",
        o->grid ? json_integer(o->grid) : json_string("all"), "seed",
        (json_int_t)o->seed, "cost_basis", o->sure.robust ? "upper" : "median",
        "cost_quality", s->costs->quality, "cost_source", s->costs->source,
        "cost_model", s->costs->model);
    return *out ? ST_OK : err_nomem(err);
}
