/* SPDX-License-Identifier: MIT */
/*
 * Follow the leader, fed by probes: with probability min(1, probes / t) the
 * device runs the whole network and every head, which shows what every arm
 * would have earned.  Only probes count, so the means are unbiased: an arm's
 * earning under alpha needs the full network's score, and averaging just the
 * samples where it happens to be known is what makes naive updates go wrong.
 *
 * `follow-drift` starts over when the leader's scores change their level: a
 * two-sided cumulative sum (Page 1954) over scores in deviations of their
 * first CALM values, slack 1/4 and limit 25 deviations (a false alarm about
 * once in e^12 steps; a step of 3/4 of a deviation is seen after about 50).
 */
#include <math.h>

#include "base/rng.h"
#include "search/policy/kinds.h"

enum { CALM = 200 };
static const double slack = 0.25, limit = 25;

struct drift {
    uint32_t n;
    double mean, squares; /* of the first CALM scores */
    double up, down;
};

struct follow {
    const struct policy_setting *s; /* borrowed */
    struct rng rng;
    double t; /* since the last start */
    int leader;
    bool watches;
    struct drift drift;
    double sum[]; /* [arms], over probes */
};

/* Has the level of `score` changed? */
static bool
drift_add(struct drift *d, double score)
{
    double from = score - d->mean;

    if (d->n < CALM) {
        d->n++;
        d->mean += from / d->n;
        d->squares += from * (score - d->mean);
        return false;
    }
    from /= sqrt(d->squares / CALM) + 1e-9;
    d->up = fmax(0, d->up + from - slack);
    d->down = fmax(0, d->down - from - slack);
    return d->up > limit || d->down > limit;
}

static void
begin(struct follow *p)
{
    p->t = 0;
    p->leader = p->s->arms - 1;
    p->drift = (struct drift){ 0 };
    for (int i = 0; i < p->s->arms; i++)
        p->sum[i] = 0;
}

static void
start(void *state, const struct policy_setting *s)
{
    struct follow *p = state;

    p->s = s;
    p->rng = (struct rng){ s->seed };
    p->watches = false;
    begin(p);
}

static void
start_watching(void *state, const struct policy_setting *s)
{
    struct follow *p = state;

    start(p, s);
    p->watches = true;
}

static struct policy_choice
decide(void *state)
{
    struct follow *p = state;

    p->t++;
    if (rng_unit(&p->rng) * p->t < p->s->probes)
        return (struct policy_choice){ p->s->arms - 1, true };
    return (struct policy_choice){ p->leader, false };
}

static void
learn(struct follow *p, const struct policy_seen *seen)
{
    int before = p->leader;

    for (int i = 0; i < p->s->arms; i++)
        p->sum[i] += policy_earning(p->s, i, seen->score[i], seen->final);
    p->leader = 0;
    for (int i = 1; i < p->s->arms; i++)
        if (p->sum[i] > p->sum[p->leader])
            p->leader = i;
    if (p->leader != before)
        p->drift = (struct drift){ 0 };
}

static void
observe(void *state, const struct policy_seen *seen)
{
    struct follow *p = state;

    if (p->watches && drift_add(&p->drift, seen->score[p->leader]))
        begin(p);
    else if (seen->probe)
        learn(p, seen);
}

#define FOLLOW(id, label, text, begin)                                         \
    const struct policy_kind id = { .name = label,                             \
        .summary = text,                                                       \
        .view = POLICY_ARM,                                                    \
        .head_bytes = sizeof(struct follow),                                   \
        .arm_bytes = sizeof(double),                                           \
        .start = begin,                                                        \
        .decide = decide,                                                      \
        .observe = observe }

FOLLOW(policy_follow, "follow",
    "follow the leader of full-depth probes (unbiased)", start);
FOLLOW(policy_follow_drift, "follow-drift",
    "the same, starting over when the scores drift", start_watching);
