/* SPDX-License-Identifier: MIT */
#include "search/certify/tail.h"

#include <math.h>

/* ln(2 pi) */
#define LN_2PI 1.837877066409345483560659472811

enum { SMALL = 16 };

/* ln n! less Stirling's formula; C. Loader, "Fast and accurate computation of
 * binomial probabilities" (2000), section 3.  Below SMALL from n! itself,
 * which a double holds exactly. */
static double
stirling_error(double n)
{
    double f = 1, n2 = n * n;

    if (n < SMALL) {
        for (double i = 2; i <= n; i++)
            f *= i;
        return n < 1 ? 0 : log(f) - (n + 0.5) * log(n) + n - 0.5 * LN_2PI;
    }
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / 1680 / n2) / n2) / n2) /
           n;
}

/* x ln(x / m) + m - x without the cancellation near x = m (the same paper). */
static double
deviance(double x, double m)
{
    double v = (x - m) / (x + m), sum = (x - m) * v, term = 2 * x * v, old;

    if (fabs(v) > 0.1)
        return x * log(x / m) + m - x;
    for (double j = 3;; j += 2) {
        old = sum;
        term *= v * v;
        sum += term / j;
        if (sum == old)
            return sum;
    }
}

double
tail_binomial_at(int64_t n, double p, int64_t a)
{
    double x = (double)a, m = (double)n, y = m - x;

    if (a < 0 || a > n)
        return 0;
    if (p <= 0 || p >= 1)
        return a == (p <= 0 ? 0 : n);
    if (a == 0)
        return exp(m * log1p(-p));
    if (a == n)
        return exp(m * log(p));
    return exp(stirling_error(m) - stirling_error(x) - stirling_error(y) -
               deviance(x, m * p) - deviance(y, m * (1 - p)) -
               0.5 * (LN_2PI + log(x) + log1p(-x / m)));
}

/* P(X <= a), a below the mean: terms fall away from a downwards. */
static double
sum_down(int64_t n, double p, int64_t a)
{
    double term = tail_binomial_at(n, p, a), sum = 0, odds = (1 - p) / p;

    for (int64_t k = a; k >= 0 && term > sum * 1e-18; k--) {
        sum += term;
        term *= (double)k / (double)(n - k + 1) * odds;
    }
    return sum;
}

/* P(X > a), a at the mean or above: the same, upwards. */
static double
sum_up(int64_t n, double p, int64_t a)
{
    double term = tail_binomial_at(n, p, a + 1), sum = 0, odds = p / (1 - p);

    for (int64_t k = a + 1; k <= n && term > sum * 1e-18; k++) {
        sum += term;
        term *= (double)(n - k) / (double)(k + 1) * odds;
    }
    return sum;
}

double
tail_binomial(int64_t n, double p, int64_t a)
{
    if (a < 0)
        return 0;
    if (a >= n || p <= 0)
        return 1;
    if (p >= 1)
        return 0;
    return (double)a < (double)n * p ? fmin(1, sum_down(n, p, a))
                                     : fmax(0, 1 - sum_up(n, p, a));
}

double
tail_share_upper(int64_t n, int64_t a, double level)
{
    double lo = 0, hi = 1;

    if (a >= n)
        return 1;
    lo = (double)a / (double)n;
    for (int i = 0; i < 60 && hi - lo > 1e-15 * hi; i++) {
        double mid = lo + (hi - lo) / 2;

        if (tail_binomial(n, mid, a) <= level)
            hi = mid;
        else
            lo = mid;
    }
    return hi; /* the side that is never too low */
}

/* The range outside of which Bin(n, rate) has no weight worth adding. */
static void
bulk(int64_t n, double rate, int64_t *lo, int64_t *hi)
{
    double mid = (double)n * rate, reach = 9 * sqrt(mid * (1 - rate)) + 60;

    *lo = mid > reach ? (int64_t)(mid - reach) : 0;
    *hi = (double)n - mid > reach ? (int64_t)(mid + reach) : n;
}

/*
 * Of m draws that count at all, A ~ Bin(m, part), and A - B <= d is
 * A <= (m + d) / 2.  From m to m + 1:
 *   P(Bin(m + 1) <= c) = P(Bin(m) <= c) - part P(Bin(m) = c),
 * and c rises by one in every other step.
 */
double
tail_signed(int64_t n, double rate, double mean, int64_t d)
{
    double part = (rate + mean) / (2 * rate), sum = 0, weight, below, at;
    int64_t lo, hi, c, first;

    if (part >= 1)
        return tail_binomial(n, mean, d);
    if (rate >= 1)
        return d < -n ? 0 : tail_binomial(n, part, (n + d) / 2);
    bulk(n, rate, &lo, &hi);
    if (d >= 0) /* m <= d: nothing can exceed d */
        sum = tail_binomial(n, rate, d < hi ? d : hi);
    first = d >= 0 ? d + 1 : -d; /* m < -d: everything exceeds it */
    first = first < lo ? lo : first;
    if (first > hi)
        return fmin(1, sum);
    weight = tail_binomial_at(n, rate, first);
    c = (first + d) / 2;
    below = tail_binomial(first, part, c);
    at = tail_binomial_at(first, part, c);
    for (int64_t m = first; m <= hi; m++) {
        sum += weight * below;
        weight *= (double)(n - m) / (double)(m + 1) * rate / (1 - rate);
        below -= part * at;
        at *= (double)(m + 1) / (double)(m + 1 - c) * (1 - part);
        if ((m + 1 + d) / 2 > c) {
            at *= (double)(m + 1 - c) / (double)(c + 1) * part / (1 - part);
            c++;
            below += at;
        }
    }
    return fmin(1, fmax(0, sum));
}
