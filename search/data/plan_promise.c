/* SPDX-License-Identifier: MIT */
#include "search/data/plan_promise.h"

#include <math.h>

static const char *const reasons[] = {
    [PROMISE_ALL_PASSED] = "every plan that was tested carries the promise",
    [PROMISE_TOO_SMALL] =
        "too few samples: even without a single loss they would show nothing",
    [PROMISE_UNSURE] = "the next cheaper plan looks good, on too few samples",
    [PROMISE_TOO_RISKY] = "the next cheaper plan loses eps or more",
    [PROMISE_LIMITS] = "the floor or the limits leave no plan to test",
    [PROMISE_DEARER] =
        "what carries the promise costs more than the full network",
};

/* Tests of groups bet, unless someone insists on what they cannot have. */
static struct promise_options
settle(const struct problem *p, const struct search_sure *sure)
{
    struct promise_options o = sure->promise;

    if (p->cal.group != NULL && !sure->test_given)
        o.question.method = PROMISE_BETTING;
    return o;
}

enum status
plan_promise_make(const struct problem *p, const struct search_sure *sure,
    struct solve_result *r, struct promise *out, struct err *err)
{
    const struct solve_data *d = &p->cal.data;
    struct promise_options o = settle(p, sure);
    int64_t before = r->tally.cost;
    enum status st;

    st = promise_make(d, p->cal.group, &p->options, &o, out, err);
    if (st != ST_OK)
        return st;
    r->plan = out->plan;
    if (out->status == PROMISE_NONE) {
        solve_plan_full(d, &r->plan);
        r->status = SOLVE_INFEASIBLE;
    }
    if ((st = solve_eval(d, &r->plan, &r->tally, err)) != ST_OK)
        return st;
    if (r->status != SOLVE_INFEASIBLE && r->tally.cost != before) {
        r->status = SOLVE_FEASIBLE;
        r->gap =
            (double)(r->tally.cost - r->lower) / fmax(1, (double)r->tally.cost);
    }
    return ST_OK;
}

/* Mean cost and accuracy of a plan on one half; null where it is empty. */
static enum status
judge(const struct problem *p, const struct problem_half *h,
    const struct solve_plan *plan, json_t **cost, json_t **accuracy,
    struct err *err)
{
    struct solve_tally t = { 0 };
    double n = (double)h->data.n;
    enum status st = ST_OK;

    if (h->data.n > 0)
        st = solve_eval(&h->data, plan, &t, err);
    *cost = *accuracy = NULL;
    if (st != ST_OK)
        return st;
    *cost = n > 0 ? json_real((double)t.cost / n * p->quantum) : json_null();
    *accuracy = n > 0 ? json_real((double)t.right / n) : json_null();
    return ST_OK;
}

enum status
plan_promise_without(const struct problem *p, const struct solve_plan *plan,
    json_t **out, struct err *err)
{
    json_t *cost, *accuracy, *test_cost, *test_accuracy;
    enum status st;

    if ((st = judge(p, &p->cal, plan, &cost, &accuracy, err)) != ST_OK)
        return st;
    if ((st = judge(p, &p->test, plan, &test_cost, &test_accuracy, err)) !=
        ST_OK) {
        json_decref(cost);
        json_decref(accuracy);
        return st;
    }
    *out = json_pack("{s:o,s:o,s:o,s:o,s:i}", "cost", cost, "accuracy",
        accuracy, "test_cost", test_cost, "test_accuracy", test_accuracy,
        "kept", __builtin_popcountll(plan->kept));
    return *out ? ST_OK : err_nomem(err);
}

enum status
plan_promise_json(const struct problem *p, const struct search_sure *sure,
    const struct promise *made, const struct solve_plan *without, json_t **out,
    struct err *err)
{
    static const char *const statuses[] = { "certified", "full", "none" };
    static const char *const losses[] = { "drop", "flips" };
    static const char *const tests[] = { "exact", "betting" };
    static const char *const families[] = { "auto", "front", "shared" };
    static const char *const orders[] = { "sequence", "bonferroni" };
    struct promise_options o = settle(p, sure);
    bool tested = made->status == PROMISE_CERTIFIED;
    json_t *other;
    enum status st = plan_promise_without(p, without, &other, err);

    if (st != ST_OK)
        return st;
    *out = json_pack(
        "{s:s,s:s,s:f,s:f,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:f,s:I,s:I,s:o,s:o,"
        "s:o,s:o,s:o,s:o}",
        "status", statuses[made->status], "reason", reasons[made->reason],
        "eps", o.question.eps, "delta", o.question.delta, "loss",
        losses[o.question.loss], "test", tests[o.question.method], "family",
        families[made->family], "order", orders[o.order], "unit",
        made->grouped ? "group" : "sample", "n_search",
        (json_int_t)made->n_search, "n_test", (json_int_t)made->n_test, "level",
        made->level, "tried", (json_int_t)made->tried, "passed",
        (json_int_t)made->passed, "plus",
        tested ? json_integer(made->plus) : json_null(), "minus",
        tested ? json_integer(made->minus) : json_null(), "drop",
        tested ? json_real(made->loss) : json_null(), "p_value",
        tested ? json_real(made->p) : json_null(), "needed",
        made->needed < 0 ? json_null() : json_integer(made->needed), "without",
        other);
    return *out ? ST_OK : err_nomem(err);
}
