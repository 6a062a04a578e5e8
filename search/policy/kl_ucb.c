/* SPDX-License-Identifier: MIT */
/*
 * KL-UCB (Garivier and Cappe 2011) with the Bernoulli divergence on earnings
 * scaled to 0..1: the largest mean q with n kl(p, q) <= ln t.
 *
 * ln t is rounded up to a step of 5 % in t, so that the indices of arms that
 * were not chosen stay as they are between steps and a decision only compares.
 */
#include <math.h>

#include "search/policy/kinds.h"

struct arm {
    double sum, index;
    uint32_t n;
};

struct kl_ucb {
    const struct policy_setting *s; /* borrowed */
    double t, next;                 /* `next`: t of the next step */
    double ln_t;
    struct arm arm[];
};

/* Newton's steps from the right of the root of a convex function never pass
 * it.  They start at the smaller of two bounds: Pinsker's inequality, and what
 * is left when the term -p ln q, which is not negative, is dropped. */
static double
upper(double p, double bound)
{
    double entropy = p > 0 ? p * log(p) : 0, q;

    if (p >= 1)
        return 1;
    entropy += (1 - p) * log1p(-p);
    q = fmin(p + sqrt(bound / 2), -expm1((entropy - bound) / (1 - p)));
    for (int i = 0; i < 32 && q > p; i++) {
        double over = entropy - p * log(q) - (1 - p) * log1p(-q) - bound;
        double step = over * q * (1 - q) / (q - p);

        if (!(step > 1e-12 * (1 - q)))
            break;
        q -= step;
    }
    return fmax(q, p);
}

static void
set_index(struct kl_ucb *p, struct arm *a)
{
    double mean = fmin(fmax(a->sum / a->n, 0), 1);

    a->index = upper(mean, p->ln_t / a->n);
}

static void
start(void *state, const struct policy_setting *s)
{
    struct kl_ucb *p = state;

    p->s = s;
    p->t = p->next = p->ln_t = 0;
    for (int i = 0; i < s->arms; i++)
        p->arm[i] = (struct arm){ .index = INFINITY };
}

static struct policy_choice
decide(void *state)
{
    struct kl_ucb *p = state;
    struct policy_choice best = { 0, false };

    p->t++;
    if (p->t > p->next) {
        p->next = fmax(p->t, ceil(p->t * 1.05));
        p->ln_t = log(p->next);
        for (int i = 0; i < p->s->arms; i++)
            if (p->arm[i].n > 0)
                set_index(p, &p->arm[i]);
    }
    for (int i = 1; i < p->s->arms; i++)
        if (p->arm[i].index > p->arm[best.arm].index)
            best.arm = i;
    return best;
}

static void
observe(void *state, const struct policy_seen *seen)
{
    struct kl_ucb *p = state;
    struct arm *a = &p->arm[seen->arm];
    double earning = policy_earned(p->s, seen);

    a->sum += (earning - p->s->low) / (p->s->high - p->s->low);
    a->n++;
    set_index(p, a);
}

const struct policy_kind policy_kl_ucb = { .name = "kl-ucb",
    .summary = "UCB with the Bernoulli divergence",
    .view = POLICY_ARM,
    .head_bytes = sizeof(struct kl_ucb),
    .arm_bytes = sizeof(struct arm),
    .start = start,
    .decide = decide,
    .observe = observe };
