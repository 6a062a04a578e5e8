/* SPDX-License-Identifier: MIT */
#include "search/data/plan_metrics.h"

#include <math.h>

#include "search/certify/metrics.h"

/* The whole answer is shown, so it is kept readable. */
enum { FRONT_POINTS = 32 };

struct several {
    const struct problem *p;
    const struct costs *costs;
    const struct search_options *o;
    int64_t segment[METRICS_MAX][RECORDS_EXITS_MAX];
    int64_t head[METRICS_MAX][RECORDS_EXITS_MAX];
    double quantum[METRICS_MAX];
    struct metrics_costs metric[METRICS_MAX];
    struct metrics_front front;
};

static json_t *
thresholds_json(const struct several *s, const struct solve_plan *plan)
{
    json_t *a = json_array();
    int rc = 0, last = s->costs->exits - 1;

    for (int e = 0; e <= last; e++)
        rc |= json_array_append_new(a, e < last && plan->kept >> e & 1
                                           ? json_real(plan->threshold[e])
                                           : json_null());
    if (rc == 0)
        return a;
    json_decref(a);
    return NULL;
}

static json_t *
costs_json(const struct several *s, const struct metrics_point *pt)
{
    json_t *a = json_array();
    int rc = 0;

    for (int m = 0; m < s->o->sure.metrics; m++)
        rc |= json_array_append_new(
            a, json_real((double)pt->cost[m] * s->quantum[m] /
                         (double)s->p->cal.data.n));
    if (rc == 0)
        return a;
    json_decref(a);
    return NULL;
}

static enum status
point_json(const struct several *s, const struct metrics_point *pt, json_t *to,
    struct err *err)
{
    const struct solve_data *test = &s->p->test.data;
    struct solve_tally t = { 0 };
    enum status st = ST_OK;

    if (test->n > 0)
        st = solve_eval(test, &pt->plan, &t, err);
    if (st == ST_OK &&
        json_array_append_new(
            to, json_pack("{s:o,s:f,s:o,s:i,s:o}", "costs", costs_json(s, pt),
                    "accuracy", (double)pt->right / (double)s->p->cal.data.n,
                    "test_accuracy",
                    test->n > 0 ? json_real((double)t.right / (double)test->n)
                                : json_null(),
                    "kept", __builtin_popcountll(pt->plan.kept), "thresholds",
                    thresholds_json(s, &pt->plan))) < 0)
        st = err_nomem(err);
    return st;
}

static enum status
front_json(const struct several *s, json_t **out, struct err *err)
{
    const struct metrics_front *f = &s->front;
    json_t *names = json_array(), *points = json_array();
    enum status st = ST_OK;
    int rc = 0;

    for (int m = 0; m < s->o->sure.metrics; m++)
        rc |= json_array_append_new(names, json_string(s->o->sure.metric[m]));
    for (size_t i = 0; st == ST_OK && i < f->n; i++)
        st = point_json(s, &f->points[i], points, err);
    if (st != ST_OK) {
        json_decref(names);
        json_decref(points);
        return st;
    }
    *out = json_pack("{s:o,s:o,s:o,s:o,s:i,s:i,s:b}", "names", names, "points",
        points, "hypervolume",
        json_number_or_null(f->n > 0 ? f->hypervolume : NAN), "knee",
        f->n > 0 ? json_integer((json_int_t)f->knee) : json_null(), "fronts",
        f->fronts, "fronts_asked", f->asked, "complete", f->complete);
    if (rc == 0 && *out != NULL)
        return ST_OK;
    json_decref(*out);
    return err_nomem(err);
}

enum status
plan_metrics_json(const struct problem *p, const struct costs *c,
    const struct search_options *o, json_t **out, struct err *err)
{
    struct several s = { .p = p, .costs = c, .o = o };
    enum status st;

    for (int m = 0; m < o->sure.metrics; m++) {
        st = problem_costs(c, o->sure.metric[m], o->sure.robust, s.segment[m],
            s.head[m], &s.quantum[m], err);
        if (st != ST_OK)
            return st;
        s.metric[m] = (struct metrics_costs){ s.segment[m], s.head[m] };
    }
    st = metrics_make(&p->cal.data, &p->options, s.metric, o->sure.metrics,
        FRONT_POINTS, &s.front, err);
    if (st == ST_OK)
        st = front_json(&s, out, err);
    metrics_clear(&s.front);
    return st;
}
