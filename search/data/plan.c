/* SPDX-License-Identifier: MIT */
#include "search/data/plan.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "search/data/compare.h"
#include "search/data/plan_bootstrap.h"
#include "search/data/plan_cross.h"
#include "search/data/plan_doc.h"
#include "search/data/plan_metrics.h"
#include "search/data/plan_promise.h"
#include "search/data/trace.h"

/* One call of search_records(). */
struct search {
    struct problem problem;
    const struct costs *costs;           /* borrowed */
    const struct search_options *wanted; /* borrowed */
    struct solve_result result;
    struct solve_result found; /* at the floor as asked, without promise;
                                  `result`: with */
    struct promise promise;
    struct cross cross;
    struct trace trace;
    int64_t start_ns;
    double solve_ms;
    int extras;     /* still to come, this one included */
    double until_s; /* when the one at hand is to end */
};

static double
seconds_so_far(const struct search *s)
{
    return (double)(clock_ns() - s->start_ns) / 1e9;
}

/* The solver's question whether to go on: time, then the caller. */
static bool
watch(void *ctx, const struct solve_progress *p)
{
    struct search *s = ctx;
    double n = (double)s->problem.cal.data.n;
    struct search_progress out = {
        .cost = p->upper == INT64_MAX
                    ? NAN
                    : (double)p->upper / n * s->problem.quantum,
        .lower_bound = (double)p->lower / n * s->problem.quantum,
        .seconds = seconds_so_far(s),
        .nodes = p->nodes,
    };

    trace_add(&s->trace, out.seconds, p);
    if (out.seconds > s->wanted->time_limit_s)
        return true;
    return s->wanted->watch != NULL &&
           s->wanted->watch(s->wanted->watch_ctx, &out);
}

/* What else was asked for may take as long again as the plan may: each has
 * its share of what the ones before left over. */
static void
begin_extra(struct search *s)
{
    double now = seconds_so_far(s);
    double left = s->wanted->time_limit_s + s->solve_ms / 1e3 - now;

    s->until_s = now + fmax(0, left) / s->extras--;
}

/* The question whether to go on with it, which has no bound to tell. */
static bool
watch_extras(void *ctx, const struct solve_progress *p)
{
    const struct search *s = ctx;

    (void)p;
    return seconds_so_far(s) > s->until_s ||
           (s->wanted->stop != NULL && s->wanted->stop(s->wanted->watch_ctx));
}

static bool
stop_extra(void *ctx)
{
    return watch_extras(ctx, NULL);
}

/* Members that not every plan has. */
static enum status
extras_json(struct search *s, json_t *plan, struct err *err)
{
    const struct compare_given given = { .result = &s->found,
        .solve_ms = s->solve_ms,
        .stop = stop_extra,
        .stop_ctx = s };
    double unit = s->problem.quantum / (double)s->problem.cal.data.n;
    json_t *comparison = NULL;
    enum status st;

    if (s->wanted->compare) {
        begin_extra(s);
        st = compare_methods(&s->problem, &given, &comparison, err);
        if (st != ST_OK)
            return st;
    }
    if (json_object_set_new(plan, "trace", trace_json(&s->trace, unit)) < 0 ||
        json_object_set_new(
            plan, "comparison", comparison ? comparison : json_null()) < 0)
        return err_nomem(err);
    return ST_OK;
}

/* What makes the plan more than the optimum of one sample: null where it was
 * not asked for. */
static enum status
sure_json(struct search *s, json_t *plan, struct err *err)
{
    const struct search_sure *sure = &s->wanted->sure;
    bool best = !sure->guarantee && !sure->crossed &&
                s->result.status != SOLVE_INFEASIBLE;
    json_t *guarantee = json_null(), *cross = json_null(),
           *bootstrap = json_null(), *metrics = json_null();
    enum status st = ST_OK;

    if (sure->guarantee)
        st = plan_promise_json(
            &s->problem, sure, &s->promise, &s->found.plan, &guarantee, err);
    if (st == ST_OK && json_object_set_new(plan, "guarantee", guarantee) != 0)
        st = err_nomem(err);
    if (st == ST_OK && sure->crossed)
        st = plan_cross_json(
            &s->problem, &s->cross, &s->found.plan, &cross, err);
    if (st == ST_OK && json_object_set_new(plan, "cross", cross) != 0)
        st = err_nomem(err);
    if (st == ST_OK && sure->bootstrap.draws > 0) {
        begin_extra(s);
        st = plan_bootstrap_json(&s->problem, s->costs, s->wanted,
            &s->result.plan, best, &bootstrap, err);
    }
    if (st == ST_OK && json_object_set_new(plan, "bootstrap", bootstrap) != 0)
        st = err_nomem(err);
    if (st == ST_OK && sure->metrics > 0) {
        begin_extra(s);
        st = plan_metrics_json(&s->problem, s->costs, s->wanted, &metrics, err);
    }
    if (st == ST_OK && json_object_set_new(plan, "metrics", metrics) != 0)
        st = err_nomem(err);
    return st;
}

static enum status
point_json(const struct search *s, const struct solve_point *pt, json_t *to,
    struct err *err)
{
    const struct problem_half *h = &s->problem.test;
    int64_t n = (int64_t)s->problem.cal.data.n;
    struct solve_tally t;
    enum status st;

    if ((st = plan_doc_judge(h, &pt->plan, &t, err)) != ST_OK)
        return st;
    if (json_array_append_new(to,
            json_pack("{s:f,s:f,s:o,s:o,s:i,s:b}", "cost",
                plan_doc_mean(&s->problem, pt->cost, n), "accuracy",
                plan_doc_share(pt->right, n), "test_cost",
                json_number_or_null(plan_doc_mean(&s->problem, t.cost, t.n)),
                "test_accuracy",
                json_number_or_null(plan_doc_share(t.right, t.n)), "kept",
                __builtin_popcountll(pt->plan.kept), "proved",
                pt->lower >= pt->cost)) < 0)
        return err_nomem(err);
    return ST_OK;
}

/* The point of the curve to look at first, into the plan. */
static enum status
knee_json(const struct solve_front *f, json_t *plan, struct err *err)
{
    json_t *knee = json_null();
    double *v = malloc((2 * f->n + 1) * sizeof(*v));

    if (v == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < f->n; i++) {
        v[2 * i] = (double)f->points[i].cost;
        v[2 * i + 1] = -(double)f->points[i].right;
    }
    if (f->n > 0)
        knee = json_integer((json_int_t)pareto_knee(v, f->n, 2));
    free(v);
    return json_object_set_new(plan, "knee", knee) == 0 ? ST_OK
                                                        : err_nomem(err);
}

static enum status
curve_json(struct search *s, json_t *plan, json_t **out, struct err *err)
{
    struct solve_options o = s->problem.options;
    struct solve_front front = { 0 };
    enum status st = ST_OK;

    if ((*out = json_array()) == NULL)
        return err_nomem(err);
    o.floor = 0;
    if (s->wanted->curve_points > 0) {
        begin_extra(s);
        st = solve_front(&s->problem.cal.data, &o,
            (size_t)s->wanted->curve_points, &front, err);
    }
    for (size_t i = 0; st == ST_OK && i < front.n; i++)
        st = point_json(s, &front.points[i], *out, err);
    if (st == ST_OK)
        st = knee_json(&front, plan, err);
    solve_front_clear(&front);
    return st;
}

static int
count_extras(const struct search_options *o)
{
    return o->sure.guarantee + 2 * o->sure.crossed +
           (o->sure.bootstrap.draws > 0) + (o->sure.metrics > 0) + o->compare +
           (o->curve_points > 0);
}

/* Solve, and stand in the full network where no plan keeps to the limits. */
static enum status
solve(struct search *s, struct err *err)
{
    struct solve_options *o = &s->problem.options;
    struct solve_data *d = &s->problem.cal.data;
    enum status st;

    o->watch = watch;
    o->watch_ctx = s;
    s->start_ns = clock_ns();
    if ((st = solve_best(d, o, &s->result, err)) != ST_OK)
        return st;
    s->solve_ms = (double)(clock_ns() - s->start_ns) / 1e6;
    trace_end(&s->trace, s->solve_ms / 1e3,
        &(struct solve_progress){ .upper = s->result.status == SOLVE_INFEASIBLE
                                               ? INT64_MAX
                                               : s->result.tally.cost,
            .lower = s->result.lower,
            .nodes = s->result.nodes });
    if (s->result.plan.kept == 0) {
        solve_plan_full(d, &s->result.plan);
        st = solve_eval(d, &s->result.plan, &s->result.tally, err);
    }
    s->found = s->result;
    o->watch = watch_extras;
    s->extras = count_extras(s->wanted);
    if (st == ST_OK && s->wanted->sure.guarantee) {
        begin_extra(s);
        st = plan_promise_make(
            &s->problem, &s->wanted->sure, &s->result, &s->promise, err);
    }
    if (st == ST_OK && s->wanted->sure.crossed) {
        begin_extra(s);
        st = plan_cross_find(&s->problem, &s->wanted->sure, &s->cross, err);
        begin_extra(s);
        if (st == ST_OK)
            st = plan_cross_take(&s->problem, &s->cross, &s->result, err);
    }
    return st;
}

static enum status
document(const struct search *s, json_t **plan, struct err *err)
{
    const struct plan_doc doc = { &s->problem, s->costs, s->wanted, &s->result,
        s->solve_ms };

    return plan_doc_json(&doc, plan, err);
}

static enum status
warn(const struct records *r, json_t *plan, struct err *err)
{
    return json_object_set_new(plan, "warnings", records_warnings(r)) == 0
               ? ST_OK
               : err_nomem(err);
}

enum status
search_records(const struct records *r, const struct costs *c,
    const struct search_options *o, json_t **plan, json_t **curve,
    struct err *err)
{
    struct search s = { .costs = c, .wanted = o };
    enum status st;

    *plan = *curve = NULL;
    if ((st = problem_init(&s.problem, r, c, o, err)) != ST_OK)
        return st;
    if ((st = solve(&s, err)) == ST_OK &&
        (st = document(&s, plan, err)) == ST_OK &&
        (st = warn(r, *plan, err)) == ST_OK &&
        (st = sure_json(&s, *plan, err)) == ST_OK &&
        (st = extras_json(&s, *plan, err)) == ST_OK)
        st = curve_json(&s, *plan, curve, err);
    if (st != ST_OK) {
        json_decref(*plan);
        json_decref(*curve);
        *plan = *curve = NULL;
    }
    problem_clear(&s.problem);
    return st;
}
