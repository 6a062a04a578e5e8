/* SPDX-License-Identifier: MIT */
/* UCB-V (Audibert, Munos, Szepesvari 2009): the width of an arm's bound
 * follows its variance, mean + sqrt(2 V ln t / n) + 3 range ln t / n. */
#include <math.h>

#include "search/policy/kinds.h"

struct arm {
    double mean, squares; /* of differences from the mean, summed */
    uint32_t n;
};

struct ucb_v {
    const struct policy_setting *s; /* borrowed */
    uint64_t t;
    struct arm arm[];
};

static void
start(void *state, const struct policy_setting *s)
{
    struct ucb_v *p = state;

    p->s = s;
    p->t = 0;
    for (int i = 0; i < s->arms; i++)
        p->arm[i] = (struct arm){ 0 };
}

static struct policy_choice
decide(void *state)
{
    struct ucb_v *p = state;
    struct policy_choice best = { 0, false };
    double most = -INFINITY, ln_t, range = p->s->high - p->s->low;

    p->t++;
    if (p->t <= (uint64_t)p->s->arms)
        return (struct policy_choice){ (int)p->t - 1, false };
    ln_t = log((double)p->t);
    for (int i = 0; i < p->s->arms; i++) {
        const struct arm *a = &p->arm[i];
        double each = 1.0 / a->n;
        double index = a->mean + each * (sqrt(2 * a->squares * ln_t) +
                                            p->s->beta * 3 * range * ln_t);

        if (index > most) {
            most = index;
            best.arm = i;
        }
    }
    return best;
}

static void
observe(void *state, const struct policy_seen *seen)
{
    struct ucb_v *p = state;
    struct arm *a = &p->arm[seen->arm];
    double earning = policy_earned(p->s, seen);
    double from = earning - a->mean;

    a->n++;
    a->mean += from / a->n;
    a->squares += from * (earning - a->mean);
}

const struct policy_kind policy_ucb_v = { .name = "ucb-v",
    .summary = "UCB with the variance of each exit's earnings",
    .view = POLICY_ARM,
    .head_bytes = sizeof(struct ucb_v),
    .arm_bytes = sizeof(struct arm),
    .start = start,
    .decide = decide,
    .observe = observe };
