/* SPDX-License-Identifier: MIT */
#include "search/certify/evidence.h"

#include <math.h>

#include "search/certify/tail.h"

/* Of delta, what the trinomial test spends on the unknown rate. */
#define NUISANCE 0.05

/* Bet j wins 1 - bet (loss - eps).  From nearly all (a loss of 1 must not
 * ruin it quite) down by this factor each, to 3e-4 of that. */
#define BET_TOP  0.98
#define BET_STEP 0.7

/* Sample sizes: chance to pass, and how many deviations that is. */
#define POWER    0.8
#define POWER_SD 0.8416

void
evidence_init(struct evidence *e, const struct promise_question *q, int64_t n)
{
    double bet = BET_TOP / (1 - q->eps);

    *e = (struct evidence){ .q = *q, .n = n };
    for (int j = 0; j < EVIDENCE_BETS; j++, bet *= BET_STEP)
        e->capital[j] = (double)n * log1p(bet * q->eps);
}

void
evidence_move(struct evidence *e, double from, double to)
{
    double bet = BET_TOP / (1 - e->q.eps);

    e->plus += (to > 0) - (from > 0);
    e->minus += (to < 0) - (from < 0);
    e->sum += to - from;
    if (e->q.method == PROMISE_EXACT)
        return;
    for (int j = 0; j < EVIDENCE_BETS; j++, bet *= BET_STEP)
        e->capital[j] +=
            log1p(-bet * (to - e->q.eps)) - log1p(-bet * (from - e->q.eps));
}

double
evidence_mean(const struct evidence *e)
{
    return e->n > 0 ? e->sum / (double)e->n : 0;
}

/*
 * Berger and Boos (1994): the rate of units with any loss is unknown; take
 * the worst one inside a confidence limit and pay for the limit.
 *
 * The worst is the largest.  With S the sum over n - 1 draws, the derivative
 * of P(A - B <= d) in the rate is n / 2 (P(S = d + 1) - P(S = d)).  For rates
 * up to 1/2 each draw is a sum of two Bernoulli ones less 1 (its generating
 * polynomial has real roots), so S is unimodal with its mode above its mean
 * less 1 (Darroch 1964): the derivative is >= 0 while
 * d + 1 <= floor((n - 1) eps).  Beyond 1/2 Hoeffding's bound stands in.
 */
static double
p_trinomial(int64_t n, int64_t plus, int64_t minus, double eps, double delta)
{
    double spent = NUISANCE * delta, rate, p = 0, slack;
    int64_t d = plus - minus;

    if ((double)(d + 1) > floor((double)(n - 1) * eps))
        return 1; /* near the mean or above: nothing to be shown */
    rate = tail_share_upper(n, plus + minus, spent);
    if (rate >= eps)
        p = tail_signed(n, fmax(eps, fmin(rate, 0.5)), eps, d);
    slack = eps - (double)d / (double)n;
    if (rate > 0.5)
        p = fmax(p, exp(-(double)n * slack * slack / 2));
    return fmin(1, spent + p);
}

/* ln of the mean of exp(x[j]). */
static double
log_mean_exp(const double x[EVIDENCE_BETS], double scale)
{
    double top = -INFINITY, sum = 0;

    for (int j = 0; j < EVIDENCE_BETS; j++)
        top = fmax(top, x[j] * scale);
    for (int j = 0; j < EVIDENCE_BETS; j++)
        sum += exp(x[j] * scale - top);
    return top + log(sum / EVIDENCE_BETS);
}

static double
p_counts(
    const struct promise_question *q, int64_t n, int64_t plus, int64_t minus)
{
    return q->loss == PROMISE_FLIPS
               ? tail_binomial(n, q->eps, plus)
               : p_trinomial(n, plus, minus, q->eps, q->delta);
}

double
evidence_p(const struct evidence *e)
{
    if (e->n <= 0)
        return 1;
    if (e->q.method == PROMISE_EXACT)
        return p_counts(&e->q, e->n, e->plus, e->minus);
    return fmin(1, exp(-log_mean_exp(e->capital, 1)));
}

/* Would n units with flips at this rate do in four of five draws? */
static bool
enough_flips(const struct evidence *e, int64_t n)
{
    double rate = (double)e->plus / (double)e->n;
    int64_t bad = (int64_t)((double)n * rate);

    while (tail_binomial(n, rate, bad) < POWER)
        bad++;
    return p_counts(&e->q, n, bad, 0) <= e->q.delta;
}

/* The same for a drop, with a normal draw for the sum of losses. */
static bool
enough_drop(const struct evidence *e, int64_t n)
{
    double m = (double)n, mean = evidence_mean(e),
           any = (double)(e->plus + e->minus) / (double)e->n,
           bad = m * mean + POWER_SD * sqrt(m * (any - mean * mean));

    return p_counts(&e->q, n, (int64_t)ceil((m * any + bad) / 2),
               (int64_t)floor((m * any - bad) / 2)) <= e->q.delta;
}

static bool
enough(const struct evidence *e, int64_t n)
{
    if (e->q.method == PROMISE_BETTING)
        return log_mean_exp(e->capital, (double)n / (double)e->n) >=
               -log(e->q.delta);
    return e->q.loss == PROMISE_FLIPS ? enough_flips(e, n) : enough_drop(e, n);
}

int64_t
evidence_needed(const struct evidence *e)
{
    int64_t lo = 0, hi = 1;

    if (e->n <= 0 || evidence_mean(e) >= e->q.eps)
        return -1;
    while (hi < 100000000 && !enough(e, hi)) {
        lo = hi;
        hi *= 2;
    }
    if (hi >= 100000000)
        return -1;
    while (hi - lo > 1) {
        int64_t mid = lo + (hi - lo) / 2;

        if (enough(e, mid))
            hi = mid;
        else
            lo = mid;
    }
    return hi;
}
