/* SPDX-License-Identifier: MIT */
#include "search/data/problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BAD(err, code, ...) err_set(err, ST_INVALID, code, __VA_ARGS__)

/* Paths up to FINE_MAX units are searched in thousandths, longer ones up to
 * COARSE_MAX in whole units. */
#define FINE_MAX   1e9
#define COARSE_MAX 1e12

static enum status
unknown_cost(const struct costs *c, int e, const char *part, const char *metric,
    struct err *err)
{
    if (c->exit[e].reason != NULL)
        return BAD(err, "search.costs",
            "exit %d (%s): %s cannot run the %s: %s; map it with a processor "
            "that can",
            e, c->exit[e].name, c->device ? c->device : "the device", part,
            c->exit[e].reason);
    return BAD(err, "search.costs",
        "exit %d (%s): the %s's %s was not measured; choose another metric", e,
        c->exit[e].name, part, metric);
}

/* What a part is taken to cost: robust searches expect the worst of what the
 * measurement leaves open. */
static double
part_cost(const struct cost *c, bool robust)
{
    return robust ? c->hi : c->median;
}

double
problem_quantum(double path)
{
    return path <= FINE_MAX ? 1e-3 : path <= COARSE_MAX ? 1 : 0;
}

enum status
problem_costs(const struct costs *c, const char *metric, bool robust,
    int64_t *segment, int64_t *head, double *quantum, struct err *err)
{
    int m = costs_metric(c, metric);
    double path = 0;

    if (m < 0)
        return BAD(err, "search.objective",
            "the costs have no metric '%.64s'; the first they have is %s",
            metric, c->metric[0]);
    for (int e = 0; e < c->exits; e++) {
        double s = part_cost(&c->exit[e].segment[m], robust),
               h = part_cost(&c->exit[e].head[m], robust);

        if (isnan(s))
            return unknown_cost(c, e, "segment", metric, err);
        if (isnan(h))
            return unknown_cost(c, e, "head", metric, err);
        path += s + h;
    }
    if ((*quantum = problem_quantum(path)) == 0)
        return BAD(err, "search.costs",
            "a path of %g %s is too long: use a coarser unit", path, metric);
    for (int e = 0; e < c->exits; e++) {
        segment[e] =
            llround(part_cost(&c->exit[e].segment[m], robust) / *quantum);
        head[e] = llround(part_cost(&c->exit[e].head[m], robust) / *quantum);
    }
    return ST_OK;
}

static bool
belongs(const struct records *r, const uint8_t *half, size_t i,
    enum records_half want, enum search_reference ref)
{
    return half[i] == want && (ref == SEARCH_FINAL || r->label[i] >= 0);
}

static enum status
take_half(struct problem_half *h, const struct problem *p,
    const struct records *r, const uint32_t *group, const uint8_t *half,
    enum records_half want, enum search_reference ref, struct err *err)
{
    const int64_t *last = r->pred + (size_t)(r->exits - 1) * r->n;
    size_t n = 0, at = 0;

    for (size_t i = 0; i < r->n; i++)
        n += belongs(r, half, i, want, ref);
    h->score = malloc((n * (size_t)r->exits + 1) * sizeof(*h->score));
    h->right = malloc(n * (size_t)r->exits + 1);
    h->group = group ? malloc((n + 1) * sizeof(*h->group)) : NULL;
    if (h->score == NULL || h->right == NULL || (group && h->group == NULL))
        return err_nomem(err);
    for (size_t i = 0; i < r->n; i++) {
        if (!belongs(r, half, i, want, ref))
            continue;
        for (int e = 0; e < r->exits; e++) {
            size_t from = (size_t)e * r->n + i, to = (size_t)e * n + at;

            h->score[to] = r->score[from];
            h->right[to] =
                r->pred[from] == (ref == SEARCH_FINAL ? last[i] : r->label[i]);
        }
        if (group)
            h->group[at] = group[i];
        at++;
    }
    h->data = (struct solve_data){ .n = n,
        .exits = r->exits,
        .score = h->score,
        .right = h->right,
        .segment = p->segment,
        .head = p->head };
    return ST_OK;
}

/* The floor as a count: of n samples, the least number that is not below the
 * share asked for; a billionth is forgiven so that 0.01 of 5000 is 50. */
static enum status
set_floor(struct problem *p, const struct search_options *o, struct err *err)
{
    const struct solve_data *d = &p->cal.data;
    double n = (double)d->n, least;
    int64_t full = 0;

    if (isnan(o->max_drop) == isnan(o->min_accuracy))
        return BAD(err, "search.floor", "give either max_drop or min_accuracy");
    for (size_t i = 0; i < d->n; i++)
        full += d->right[(size_t)(d->exits - 1) * d->n + i];
    p->floor_accuracy =
        isnan(o->max_drop) ? o->min_accuracy : (double)full / n - o->max_drop;
    least = isnan(o->max_drop) ? o->min_accuracy * n
                               : (double)full - o->max_drop * n;
    p->floor = (int64_t)ceil(least - 1e-9 * n);
    return ST_OK;
}

static void
set_options(struct problem *p, const struct search_options *o)
{
    solve_options_init(&p->options);
    p->options.floor = p->floor;
    p->options.grid = o->grid;
    p->options.seed = o->seed;
    p->options.threads = o->threads;
    if (o->max_exits > 0)
        p->options.max_early = o->max_exits - 1;
    if (o->worst_case < COARSE_MAX)
        p->options.worst_case =
            (int64_t)floor(o->worst_case / p->quantum * (1 + 1e-12));
}

static enum status
take_halves(struct problem *p, const struct records *r,
    const struct search_options *o, struct err *err)
{
    uint8_t *half = malloc(r->n + 1);
    uint32_t *group;
    enum status st;

    if (half == NULL)
        return err_nomem(err);
    records_split(r, o->seed, half);
    if ((st = records_groups(r, &group, err)) == ST_OK)
        st = take_half(
            &p->cal, p, r, group, half, RECORDS_CAL, o->reference, err);
    if (st == ST_OK)
        st = take_half(
            &p->test, p, r, group, half, RECORDS_TEST, o->reference, err);
    free(group);
    free(half);
    if (st == ST_OK && p->cal.data.n == 0)
        return err_set(err, ST_UNPROCESSABLE, "search.records",
            "no sample%s is in the calibration half",
            o->reference == SEARCH_LABEL ? " with a label" : "");
    return st;
}

enum status
problem_init(struct problem *p, const struct records *r, const struct costs *c,
    const struct search_options *o, struct err *err)
{
    enum status st;

    *p = (struct problem){ 0 };
    if (r->exits != c->exits)
        return err_set(err, ST_UNPROCESSABLE, "search.exits",
            "the records have %d exits, the costs %d: they are not of one "
            "network",
            r->exits, c->exits);
    if ((st = problem_costs(c, o->objective, o->sure.robust, p->segment,
             p->head, &p->quantum, err)) != ST_OK ||
        (st = take_halves(p, r, o, err)) != ST_OK ||
        (st = set_floor(p, o, err)) != ST_OK) {
        problem_clear(p);
        return st;
    }
    set_options(p, o);
    memcpy(p->score, r->kind, sizeof(p->score));
    st = limits_apply(&o->limits, c, p->min_right_ppm, &p->options, err);
    if (st != ST_OK)
        problem_clear(p);
    return st;
}

void
problem_clear(struct problem *p)
{
    free(p->cal.score);
    free(p->cal.right);
    free(p->cal.group);
    free(p->test.score);
    free(p->test.right);
    free(p->test.group);
    *p = (struct problem){ 0 };
}
