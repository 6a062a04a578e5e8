/* SPDX-License-Identifier: MIT */
#include "search/data/predict.h"

#include <math.h>
#include <stdlib.h>

static void
cost_add(struct cost *sum, const struct cost *c, double times)
{
    sum->median += times * c->median;
    sum->lo += times * c->lo;
    sum->hi += times * c->hi;
}

/* What leaving at each exit costs: a failed head is paid for. */
static void
fill_paths(const struct plan_exits *plan, const struct costs *c, int metric,
    struct prediction *out)
{
    struct cost way = { 0 };

    for (int e = 0; e < plan->n; e++) {
        cost_add(&way, &c->exit[e].segment[metric], 1);
        cost_add(&out->full, &c->exit[e].segment[metric], 1);
        if (plan->kept[e])
            cost_add(&way, &c->exit[e].head[metric], 1);
        out->path[e] = way;
    }
    cost_add(&out->full, &c->exit[plan->n - 1].head[metric], 1);
}

/* Where a row of the records leaves. */
static int
leaves_at(const struct plan_exits *plan, const struct records *r, size_t row)
{
    for (int e = 0; e < plan->n - 1; e++)
        if (plan->kept[e] &&
            r->score[(size_t)e * r->n + row] >= plan->threshold[e])
            return e;
    return plan->n - 1;
}

static void
count_row(const struct plan_exits *plan, const struct records *r, size_t row,
    struct prediction *out)
{
    const int e = leaves_at(plan, r, row);
    const int64_t final = r->pred[(size_t)(plan->n - 1) * r->n + row];
    const int64_t truth = plan->label ? r->label[row] : final;

    out->left[e]++;
    if (truth < 0)
        return;
    out->judged[e]++;
    out->right[e] += r->pred[(size_t)e * r->n + row] == truth;
    out->full_judged++;
    out->full_right += final == truth;
}

/* The nearest rank, paths being longer from exit to exit. */
static double
quantile(const struct plan_exits *plan, const struct prediction *p, double q)
{
    double want = ceil(q * (double)p->n);
    size_t seen = 0;

    for (int e = 0; e < plan->n; e++)
        if ((double)(seen += p->left[e]) >= want && p->left[e] > 0)
            return p->path[e].median;
    return NAN;
}

enum status
predict(const struct plan_exits *plan, const struct records *r,
    const size_t *rows, size_t n, const struct costs *c, const char *metric,
    struct prediction *out, struct err *err)
{
    int m = costs_metric(c, metric);

    *out = (struct prediction){ .n = n };
    if (r->exits != plan->n || c->exits != plan->n)
        return err_set(err, ST_INVALID, "plan.exits",
            "the plan has %d exits, the records %d, the costs %d: they are not "
            "of one network",
            plan->n, r->exits, c->exits);
    if (m < 0)
        return err_set(err, ST_INVALID, "plan.costs",
            "the costs of this plan have no %s to compare with", metric);
    fill_paths(plan, c, m, out);
    for (size_t i = 0; i < n; i++)
        count_row(plan, r, rows[i], out);
    for (int e = 0; e < plan->n && n > 0; e++)
        cost_add(&out->mean, &out->path[e], (double)out->left[e] / (double)n);
    out->p50 = quantile(plan, out, 0.5);
    out->p90 = quantile(plan, out, 0.9);
    return ST_OK;
}

static json_t *
cost_json(const struct cost *c)
{
    return json_pack("{s:o, s:o, s:o}", "median",
        json_number_or_null(c->median), "ci95_lo", json_number_or_null(c->lo),
        "ci95_hi", json_number_or_null(c->hi));
}

static json_t *
ratio_json(size_t part, size_t all)
{
    return json_number_or_null(
        all > 0 ? (double)part / (double)all : (double)NAN);
}

json_t *
prediction_json(const struct prediction *p, const struct plan_exits *plan)
{
    json_t *exits = json_array();
    size_t right = 0, judged = 0;

    for (int e = 0; e < plan->n; e++) {
        if (!plan->kept[e])
            continue;
        right += p->right[e];
        judged += p->judged[e];
        if (json_array_append_new(
                exits, json_pack("{s:i, s:s, s:I, s:o, s:o, s:o}", "index", e,
                           "name", plan->name[e], "n", (json_int_t)p->left[e],
                           "share", ratio_json(p->left[e], p->n), "accuracy",
                           ratio_json(p->right[e], p->judged[e]), "path_ns",
                           cost_json(&p->path[e]))) < 0) {
            json_decref(exits);
            return NULL;
        }
    }
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "n",
        (json_int_t)p->n, "mean_ns", cost_json(&p->mean), "p50_ns",
        json_number_or_null(p->p50), "p90_ns", json_number_or_null(p->p90),
        "full_mean_ns", cost_json(&p->full), "accuracy",
        ratio_json(right, judged), "accuracy_full",
        ratio_json(p->full_right, p->full_judged), "exits", exits);
}

enum status
prediction_add_counts(
    json_t *doc, const struct prediction *counts, struct err *err)
{
    json_t *exit;
    size_t i;
    int rc = json_object_set_new(doc, "mean_instructions",
                 json_number_or_null(counts->mean.median)) |
             json_object_set_new(doc, "full_mean_instructions",
                 json_number_or_null(counts->full.median));

    json_array_foreach(json_object_get(doc, "exits"), i, exit)
    {
        const json_int_t e = json_integer_value(json_object_get(exit, "index"));

        rc |= json_object_set_new(exit, "path_instructions",
            json_number_or_null(counts->path[e].median));
    }
    return rc == 0 ? ST_OK : err_nomem(err);
}
