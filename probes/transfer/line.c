/* SPDX-License-Identifier: MIT */
#include "probes/transfer/line.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "probes/measure/stats.h"

enum { DRAWS = 400 };

struct points {
    const double *x, *y;
    size_t n;
};

static double
deviation(const struct points *p, double base, double slope)
{
    double sum = 0;

    for (size_t i = 0; i < p->n; i++)
        sum += fabs(p->y[i] - base - slope * p->x[i]) / p->y[i];
    return sum;
}

static void
consider(const struct points *p, double base, double slope, struct line *best,
    double *least)
{
    double d;

    if (base < 0 || slope < 0)
        return;
    d = deviation(p, base, slope);
    if (d < *least) {
        *least = d;
        best->base = base;
        best->slope = slope;
    }
}

/* Lines through two points; and through one, at the limits base 0 and
 * slope 0. */
static void
search(const struct points *p, struct line *best)
{
    double least = INFINITY;

    for (size_t i = 0; i < p->n; i++) {
        consider(p, p->y[i], 0, best, &least);
        consider(p, 0, p->y[i] / p->x[i], best, &least);
        for (size_t k = i + 1; k < p->n; k++) {
            double slope = (p->y[k] - p->y[i]) / (p->x[k] - p->x[i]);

            consider(p, p->y[i] - slope * p->x[i], slope, best, &least);
        }
    }
}

static bool
is_usable(const struct points *p)
{
    if (p->n < 2 || p->n > LINE_POINTS_MAX)
        return false;
    for (size_t i = 0; i < p->n; i++)
        if (!(p->y[i] > 0) || !(p->x[i] > 0) ||
            (i > 0 && p->x[i] <= p->x[i - 1]))
            return false;
    return true;
}

enum status
line_fit(const double *x, const double *y, size_t n, struct line *out,
    struct err *err)
{
    const struct points p = { x, y, n };
    double rel[LINE_POINTS_MAX];

    *out = (struct line){ 0 };
    if (!is_usable(&p))
        return err_set(err, ST_INVALID, "link.points",
            "a line needs 2 to %d sizes that rise, with times above 0",
            LINE_POINTS_MAX);
    search(&p, out);
    for (size_t i = 0; i < n; i++)
        rel[i] = fabs(y[i] - out->base - out->slope * x[i]) / y[i];
    stats_sort(rel, n);
    out->residual_rel = stats_quantile(rel, n, 0.5);
    out->worst_rel = rel[n - 1];
    return ST_OK;
}

/* Medians of the rounds in `pick`, as points. */
static void
medians(const double *samples, size_t stride, size_t n, const size_t *pick,
    size_t rounds, double *scratch, double *y)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t r = 0; r < rounds; r++)
            scratch[r] = samples[i * stride + pick[r]];
        stats_sort(scratch, rounds);
        y[i] = stats_quantile(scratch, rounds, 0.5);
    }
}

static void
interval(double *drawn, double value, struct line_value *out)
{
    stats_sort(drawn, DRAWS);
    out->value = value;
    out->lo = stats_quantile(drawn, DRAWS, 0.025);
    out->hi = stats_quantile(drawn, DRAWS, 0.975);
    /* The percentiles of few rounds can miss the line itself. */
    out->lo = fmin(out->lo, value);
    out->hi = fmax(out->hi, value);
}

enum status
line_bootstrap(const double *x, size_t n, const double *samples, size_t stride,
    size_t rounds, struct rng *rng, struct line_interval *out, struct err *err)
{
    double y[LINE_POINTS_MAX], base[DRAWS], slope[DRAWS];
    double *scratch = calloc(rounds + 1, sizeof(*scratch));
    size_t *pick = calloc(rounds + 1, sizeof(*pick));
    struct line drawn;
    enum status st = scratch && pick ? ST_OK : err_nomem(err);

    *out = (struct line_interval){ 0 };
    if (st == ST_OK && (rounds == 0 || n > LINE_POINTS_MAX))
        st = err_set(err, ST_INVALID, "link.points",
            "a line needs at least one round of 2 to %d sizes",
            LINE_POINTS_MAX);
    for (size_t r = 0; st == ST_OK && r < rounds; r++)
        pick[r] = r;
    if (st == ST_OK) {
        medians(samples, stride, n, pick, rounds, scratch, y);
        st = line_fit(x, y, n, &out->line, err);
    }
    for (int d = 0; st == ST_OK && d < DRAWS; d++) {
        for (size_t r = 0; r < rounds; r++)
            pick[r] = (size_t)rng_below(rng, rounds);
        medians(samples, stride, n, pick, rounds, scratch, y);
        if ((st = line_fit(x, y, n, &drawn, err)) == ST_OK) {
            base[d] = drawn.base;
            slope[d] = drawn.slope;
        }
    }
    if (st == ST_OK) {
        interval(base, out->line.base, &out->base);
        interval(slope, out->line.slope, &out->slope);
    }
    free(pick);
    free(scratch);
    return st;
}
