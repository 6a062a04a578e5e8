/* SPDX-License-Identifier: MIT */
#include "probes/measure/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 4 };
static const double LAG1_LIMIT = 0.3;
static const double MODE_SHARE = 0.15, MODE_GAP = 4, MODE_GAP_REL = 0.01;

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void
stats_sort(double *values, size_t n)
{
    if (n > 1)
        qsort(values, n, sizeof(*values), compare);
}

double
stats_quantile(const double *sorted, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t i = (size_t)at;

    if (n == 0)
        return NAN;
    if (i + 1 >= n)
        return sorted[n - 1];
    return sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
}

/* ln of P(K = k) where K counts heads in n throws of a fair coin. */
static double
ln_binomial(size_t n, size_t k)
{
    return lgamma((double)n + 1) - lgamma((double)k + 1) -
           lgamma((double)(n - k) + 1) - (double)n * M_LN2;
}

size_t
stats_interval_rank(size_t n, double confidence, double *coverage)
{
    double tail = 0, reached = 0; /* tail: P(K < k) */
    size_t k = 0;

    /* A ten-millionth of slack, so that rounding never moves a rank. */
    while (k < (n + 1) / 2) {
        double next = tail + exp(ln_binomial(n, k));

        if (1 - 2 * next < confidence - 1e-7)
            break;
        tail = next;
        reached = 1 - 2 * tail;
        k++;
    }
    if (coverage != NULL)
        *coverage = reached;
    return k;
}

double
stats_lag1(const double *v, size_t n)
{
    double mean = 0, top = 0, bottom = 0;

    if (n < 3)
        return NAN;
    for (size_t i = 0; i < n; i++)
        mean += v[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        bottom += (v[i] - mean) * (v[i] - mean);
        if (i > 0)
            top += (v[i] - mean) * (v[i - 1] - mean);
    }
    return bottom > 0 ? top / bottom : NAN;
}

bool
stats_bimodal(const double *sorted, size_t n, double median, double mad)
{
    size_t side = (size_t)ceil(MODE_SHARE * (double)n);
    double limit = fmax(MODE_GAP * mad, MODE_GAP_REL * median);

    if (side == 0)
        side = 1;
    for (size_t i = side; i + side <= n; i++)
        if (sorted[i] - sorted[i - 1] > limit)
            return true;
    return false;
}

/* The order-statistic interval of sorted values. */
static void
interval(const double *sorted, size_t n, double confidence, struct stats *s)
{
    size_t k = stats_interval_rank(n, confidence, NULL);

    s->lo = k > 0 ? sorted[k - 1] : NAN;
    s->hi = k > 0 ? sorted[n - k] : NAN;
}

/*
 * Neighbours that depend on each other carry less than n samples' worth:
 * the interval is that of the medians of blocks of four.  With too few blocks
 * the whole range is the most that can be said.  It always holds the median
 * that it belongs to.
 */
static void
block_interval(const double *values, const double *sorted, double *scratch,
    double confidence, struct stats *s)
{
    size_t blocks = s->n / BLOCK, skip = s->n % BLOCK;

    for (size_t b = 0; b < blocks; b++) {
        double four[BLOCK];

        memcpy(four, values + skip + b * BLOCK, sizeof(four));
        stats_sort(four, BLOCK);
        scratch[b] = stats_quantile(four, BLOCK, 0.5);
    }
    stats_sort(scratch, blocks);
    interval(scratch, blocks, confidence, s);
    if (isnan(s->lo) && stats_interval_rank(s->n, confidence, NULL) > 0) {
        s->lo = sorted[0];
        s->hi = sorted[s->n - 1];
    }
    if (!isnan(s->lo)) {
        s->lo = fmin(s->lo, s->median);
        s->hi = fmax(s->hi, s->median);
    }
}

static void
moments(const double *v, size_t n, struct stats *s)
{
    double sum = 0, sq = 0;

    for (size_t i = 0; i < n; i++)
        sum += v[i];
    s->mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        sq += (v[i] - s->mean) * (v[i] - s->mean);
    s->sd = n >= 3 ? sqrt(sq / (double)(n - 1)) : NAN;
}

static void
order(const double *sorted, size_t n, struct stats *s)
{
    double iqr;

    s->min = sorted[0];
    s->p10 = stats_quantile(sorted, n, 0.10);
    s->p25 = stats_quantile(sorted, n, 0.25);
    s->median = stats_quantile(sorted, n, 0.50);
    s->p75 = stats_quantile(sorted, n, 0.75);
    s->p90 = stats_quantile(sorted, n, 0.90);
    s->p99 = stats_quantile(sorted, n, 0.99);
    s->max = sorted[n - 1];
    iqr = s->p75 - s->p25;
    for (size_t i = 0; i < n; i++) {
        double out = fmax(s->p25 - sorted[i], sorted[i] - s->p75);

        s->n_severe += out > 3 * iqr;
        s->n_mild += out > 1.5 * iqr && out <= 3 * iqr;
    }
}

enum status
stats_of(const double *values, size_t n, double confidence, struct stats *s,
    struct err *err)
{
    double *sorted, *scratch;

    *s = (struct stats){ .n = n };
    s->min = s->p10 = s->p25 = s->median = s->p75 = s->p90 = s->p99 = NAN;
    s->max = s->mean = s->sd = s->mad = s->lag1 = s->lo = s->hi = NAN;
    if (n == 0)
        return ST_OK;
    if ((sorted = malloc(2 * n * sizeof(*sorted))) == NULL)
        return err_nomem(err);
    scratch = sorted + n;
    memcpy(sorted, values, n * sizeof(*sorted));
    stats_sort(sorted, n);
    order(sorted, n, s);
    moments(values, n, s);
    for (size_t i = 0; i < n; i++)
        scratch[i] = fabs(values[i] - s->median);
    stats_sort(scratch, n);
    s->mad = stats_quantile(scratch, n, 0.5);
    s->bimodal = stats_bimodal(sorted, n, s->median, s->mad);
    s->lag1 = stats_lag1(values, n);
    s->autocorrelated = s->lag1 > LAG1_LIMIT;
    if (s->autocorrelated)
        block_interval(values, sorted, scratch, confidence, s);
    else
        interval(sorted, n, confidence, s);
    free(sorted);
    return ST_OK;
}

double
stats_ci_rel(const struct stats *s)
{
    return (s->hi - s->lo) / 2 / s->median;
}
