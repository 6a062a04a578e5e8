/* SPDX-License-Identifier: MIT */
#include "unit/policy/slow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

enum { ARMS_MAX = 16 };

/* Sums over what was learnt of one arm. */
struct sums {
    long double n, total, squares;
};

/* One earning that was learnt at step t. */
struct fact {
    int arm;
    double earning;
    size_t t;
};

struct slow {
    const struct policy_setting *s;
    struct rng rng;
    size_t t;                    /* of the step to decide, from 1 */
    struct sums arm[ARMS_MAX];   /* everything learnt */
    struct sums probe[ARMS_MAX]; /* from probes, less the sample's mean */
    struct fact *fact;           /* everything learnt, one by one */
    size_t facts;
    double *calm; /* follow-drift: the leader's scores since it leads */
    size_t calms;
    size_t begun; /* steps before the last start */
};

static double
earn(const struct policy_setting *s, int arm, double score, double final)
{
    bool stays = arm == s->arms - 1 || score >= s->alpha;

    return stays ? score - s->cost[arm]
                 : final - s->cost[arm] - s->offload[arm];
}

static void
add(struct sums *m, long double x)
{
    m->n++;
    m->total += x;
    m->squares += x * x;
}

static double
mean_of(const struct sums *m)
{
    return (double)(m->total / m->n);
}

/* Squared distances from the mean, summed. */
static double
spread_of(const struct sums *m)
{
    long double x = m->squares - m->total * m->total / m->n;

    return x > 0 ? (double)x : 0;
}

/* Of the facts since a step, each weighing keep^age, from the newest to those
 * that weigh nothing. */
static struct sums
look_back(const struct slow *p, int arm, size_t since, double keep)
{
    struct sums out = { 0 };

    for (size_t i = p->facts; i-- > 0 && p->fact[i].t >= since;) {
        const struct fact *f = &p->fact[i];
        double weight;

        if (f->arm != arm)
            continue;
        weight = pow(keep, (double)(p->t - 1 - f->t));
        if (weight < 1e-18)
            break;
        out.n += weight;
        out.total += weight * f->earning;
    }
    return out;
}

static int
largest(const double *x, int n)
{
    int best = 0;

    for (int i = 1; i < n; i++)
        if (x[i] > x[best])
            best = i;
    return best;
}

static struct slow_step
choose_ucb1(struct slow *p)
{
    double index[ARMS_MAX];

    if (p->t <= (size_t)p->s->arms)
        return (struct slow_step){ (int)p->t - 1, false };
    for (int i = 0; i < p->s->arms; i++) {
        const struct sums *m = &p->arm[i];

        index[i] =
            mean_of(m) + p->s->beta * sqrt(log((double)p->t) / (double)m->n);
    }
    return (struct slow_step){ largest(index, p->s->arms), false };
}

static struct slow_step
choose_ucb_v(struct slow *p)
{
    double index[ARMS_MAX], ln_t = log((double)p->t);

    if (p->t <= (size_t)p->s->arms)
        return (struct slow_step){ (int)p->t - 1, false };
    for (int i = 0; i < p->s->arms; i++) {
        const struct sums *m = &p->arm[i];

        double n = (double)m->n, variance = spread_of(m) / n;

        index[i] = mean_of(m) + sqrt(2 * variance * ln_t / n) +
                   p->s->beta * 3 * (p->s->high - p->s->low) * ln_t / n;
    }
    return (struct slow_step){ largest(index, p->s->arms), false };
}

static double
divergence(double p, double q)
{
    double a = p > 0 ? p * log(p / q) : 0;
    double b = p < 1 ? (1 - p) * log((1 - p) / (1 - q)) : 0;

    return a + b;
}

static struct slow_step
choose_kl_ucb(struct slow *p)
{
    double index[ARMS_MAX], level = 0;

    while (level < (double)p->t) /* steps of 5 % */
        level = fmax(floor(level) + 1, ceil((floor(level) + 1) * 1.05));
    for (int i = 0; i < p->s->arms; i++) {
        const struct sums *m = &p->arm[i];
        double mean, low, high = 1;

        if (m->n == 0)
            return (struct slow_step){ i, false };
        mean = (mean_of(m) - p->s->low) / (p->s->high - p->s->low);
        low = mean;
        for (int k = 0; k < 80; k++) {
            double half = (low + high) / 2;

            if ((double)m->n * divergence(mean, half) <= log(level))
                low = half;
            else
                high = half;
        }
        index[i] = low;
    }
    return (struct slow_step){ largest(index, p->s->arms), false };
}

/* The draw that policies use, from the same numbers. */
static double
draw(struct rng *rng)
{
    uint64_t bits = rng_next(rng);
    int heads = 0;

    for (int i = 0; i < 64; i++)
        heads += (int)(bits >> i & 1);
    return (heads - 32 + rng_unit(rng) - 0.5) / sqrt(16 + 1.0 / 12);
}

/* Mean and deviation of the mean, with the quarter's step beforehand. */
static struct slow_step
choose_thompson(struct slow *p)
{
    double index[ARMS_MAX];

    if (p->t <= (size_t)p->s->arms)
        return (struct slow_step){ (int)p->t - 1, false };
    for (int i = 0; i < p->s->arms; i++) {
        const struct sums *m = &p->arm[i];

        index[i] = mean_of(m) +
                   sqrt(spread_of(m) + 1.0 / 16) / (double)m->n * draw(&p->rng);
    }
    return (struct slow_step){ largest(index, p->s->arms), false };
}

/* The arm with the largest mean over probes; the last before any. */
static int
leader(const struct slow *p)
{
    double mean[ARMS_MAX];

    if (p->probe[0].n == 0)
        return p->s->arms - 1;
    for (int i = 0; i < p->s->arms; i++)
        mean[i] = mean_of(&p->probe[i]);
    return largest(mean, p->s->arms);
}

static struct slow_step
choose_follow(struct slow *p)
{
    if (rng_unit(&p->rng) < p->s->probes / (double)p->t)
        return (struct slow_step){ p->s->arms - 1, true };
    return (struct slow_step){ leader(p), false };
}

/* Has the level of the leader's scores changed?  Two-sided cumulative sums
 * over all of them, in deviations of the first 200. */
static bool
has_drifted(const struct slow *p)
{
    long double mean = 0, squares = 0;
    double up = 0, down = 0, sd;

    if (p->calms <= 200)
        return false;
    for (size_t i = 0; i < 200; i++)
        mean += p->calm[i] / 200;
    for (size_t i = 0; i < 200; i++)
        squares += (p->calm[i] - mean) * (p->calm[i] - mean);
    sd = (double)sqrtl(squares / 200) + 1e-9;
    for (size_t i = 200; i < p->calms; i++) {
        double x = (p->calm[i] - (double)mean) / sd;

        up = fmax(0, up + x - 0.25);
        down = fmax(0, down - x - 0.25);
        if (up > 25 || down > 25)
            return true;
    }
    return false;
}

static struct slow_step
choose_drift(struct slow *p)
{
    if (rng_unit(&p->rng) < p->s->probes / (double)(p->t - p->begun))
        return (struct slow_step){ p->s->arms - 1, true };
    return (struct slow_step){ leader(p), false };
}

/* One draw, made again for every step. */
static struct slow_step
choose_random(struct slow *p)
{
    struct rng first = { p->s->seed };

    return (struct slow_step){ (int)(rng_next(&first) % (uint64_t)p->s->arms),
        false };
}

static struct slow_step
choose_final(struct slow *p)
{
    return (struct slow_step){ p->s->arms - 1, false };
}

static struct slow_step
choose_doubt(struct slow *p)
{
    bool doubt = p->probe[0].n < 2;
    double index[ARMS_MAX];

    if (!(rng_unit(&p->rng) < p->s->probes / (double)p->t))
        return (struct slow_step){ leader(p), false };
    if (!doubt) {
        for (int i = 0; i < p->s->arms; i++) {
            const struct sums *m = &p->probe[i];

            index[i] = mean_of(m) + sqrt(spread_of(m) + 1.0 / 16) /
                                        (double)m->n * draw(&p->rng);
        }
        doubt = largest(index, p->s->arms) != leader(p);
    }
    return doubt ? (struct slow_step){ p->s->arms - 1, true }
                 : (struct slow_step){ leader(p), false };
}

static struct slow_step
choose_discount(struct slow *p)
{
    double index[ARMS_MAX], keep = 1 - 1 / p->s->memory, all = 0;
    struct sums m[ARMS_MAX];

    if (p->t <= (size_t)p->s->arms)
        return (struct slow_step){ (int)p->t - 1, false };
    for (int i = 0; i < p->s->arms; i++) {
        m[i] = look_back(p, i, 0, keep);
        all += (double)m[i].n;
    }
    for (int i = 0; i < p->s->arms; i++)
        index[i] =
            mean_of(&m[i]) + p->s->beta * sqrt(log(all + 1) / (double)m[i].n);
    return (struct slow_step){ largest(index, p->s->arms), false };
}

static struct slow_step
choose_window(struct slow *p)
{
    double index[ARMS_MAX];
    size_t quarter = (size_t)(p->s->memory / 4), back = p->t / quarter;
    size_t since = back > 3 ? (back - 3) * quarter : 0;
    double length = fmin((double)p->t, p->s->memory);

    for (int i = 0; i < p->s->arms; i++) {
        struct sums m = look_back(p, i, since, 1);

        if (m.n == 0)
            return (struct slow_step){ i, false };
        index[i] = mean_of(&m) + p->s->beta * sqrt(log(length) / (double)m.n);
    }
    return (struct slow_step){ largest(index, p->s->arms), false };
}

enum side { SIDE_NONE, SIDE_DROP, SIDE_IMPUTE, SIDE_PUBLISHED };

struct rule {
    const char *name;
    struct slow_step (*choose)(struct slow *p);
    enum side side;
    bool path;
};

static const struct rule rules[] = {
    { "splitee", choose_ucb1, SIDE_NONE, false },
    { "splitee-s", choose_ucb1, SIDE_DROP, true },
    { "splitee-s-impute", choose_ucb1, SIDE_IMPUTE, true },
    { "splitee-s-none", choose_ucb1, SIDE_NONE, true },
    { "splitee-s-published", choose_ucb1, SIDE_PUBLISHED, true },
    { "ucb-v", choose_ucb_v, SIDE_NONE, false },
    { "kl-ucb", choose_kl_ucb, SIDE_NONE, false },
    { "thompson", choose_thompson, SIDE_NONE, false },
    { "thompson-probe", choose_doubt, SIDE_NONE, false },
    { "follow", choose_follow, SIDE_NONE, false },
    { "follow-drift", choose_drift, SIDE_NONE, false },
    { "random", choose_random, SIDE_NONE, false },
    { "final", choose_final, SIDE_NONE, false },
    { "window", choose_window, SIDE_NONE, false },
    { "discount", choose_discount, SIDE_NONE, false },
};

static void
note(struct slow *p, int arm, double earning)
{
    add(&p->arm[arm], earning);
    p->fact[p->facts++] = (struct fact){ arm, earning, p->t };
}

static void
learn_probe(struct slow *p, const double *score, double final)
{
    double earning[ARMS_MAX], mean = 0;

    for (int i = 0; i < p->s->arms; i++) {
        earning[i] = earn(p->s, i, score[i], final);
        mean += earning[i] / p->s->arms;
    }
    for (int i = 0; i < p->s->arms; i++)
        add(&p->probe[i], earning[i] - mean);
}

/* The leader's score, and what follows if it has drifted: all is forgotten,
 * this step too.  A new leader's scores are counted from its next step on. */
static bool
watch(struct slow *p, const double *score)
{
    p->calm[p->calms++] = score[leader(p)];
    if (!has_drifted(p))
        return false;
    memset(p->probe, 0, sizeof(p->probe));
    p->calms = 0;
    p->begun = p->t;
    return true;
}

/* What this step teaches, by the rule's view. */
static void
learn(struct slow *p, const struct rule *r, const double *score,
    struct slow_step c)
{
    int last = p->s->arms - 1;
    double final = score[last];
    bool known = c.arm == last || score[c.arm] < p->s->alpha;

    if (r->choose == choose_drift && watch(p, score))
        return;
    if (c.probe) {
        int before = leader(p);

        learn_probe(p, score, final);
        p->calms = leader(p) == before ? p->calms : 0;
        return;
    }
    note(p, c.arm, earn(p->s, c.arm, score[c.arm], final));
    for (int j = 0; j < c.arm && r->side != SIDE_NONE; j++) {
        if (score[j] >= p->s->alpha || known || r->side == SIDE_PUBLISHED)
            note(p, j, earn(p->s, j, score[j], final));
        else if (r->side == SIDE_IMPUTE)
            note(p, j, earn(p->s, j, score[j], score[c.arm]));
    }
}

static double
run(const struct rule *r, const struct replay_settings *settings,
    const struct replay_stream *s, const struct replay_order *order,
    size_t steps, struct slow_step *out)
{
    struct slow p = { .s = r->path ? &settings->path : &settings->own };
    double score[ARMS_MAX], regret = 0;

    p.rng = (struct rng){ p.s->seed };
    p.fact = malloc(steps * ARMS_MAX * sizeof(*p.fact));
    p.calm = malloc(steps * sizeof(*p.calm));
    if (p.fact == NULL || p.calm == NULL) {
        free(p.fact);
        free(p.calm);
        return NAN;
    }
    for (size_t i = 0; i < steps; i++) {
        const struct policy_setting *paid;

        p.t = i + 1;
        for (int e = 0; e < s->arms; e++)
            score[e] = s->score[(size_t)e * s->n + order->sample[i]];
        out[i] = r->choose(&p);
        learn(&p, r, score, out[i]);
        paid = out[i].probe ? &settings->path : p.s;
        regret += earn(&settings->own, order->best[i], score[order->best[i]],
                      score[s->arms - 1]) -
                  earn(paid, out[i].arm, score[out[i].arm], score[s->arms - 1]);
    }
    free(p.fact);
    free(p.calm);
    return regret;
}

double
slow_replay(const char *name, const struct replay_settings *settings,
    const struct replay_stream *s, const struct replay_order *order,
    size_t steps, struct slow_step *out)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (strcmp(rules[i].name, name) == 0)
            return run(&rules[i], settings, s, order, steps, out);
    return NAN;
}
