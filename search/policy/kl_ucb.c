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

/* To the right of the root: the smaller of two bounds, Pinsker's inequality,
 * and what is left when the term -p ln q, which is not negative, is dropped. */
static double
beyond(double p, double entropy, double bound)
{
    return fmin(p + sqrt(bound / 2), -expm1((entropy - bound) / (1 - p)));
}

/* Newton's steps on a convex function never pass its root from the right, and
 * from the left they pass it once.  They begin where the index was before: one
 * observation moves it little. */
static double
upper(double p, double bound, double before)
{
    bool before_held = before > p && before < 1;
    double entropy, q;

    if (p >= 1)
        return 1;
    entropy = (p > 0 ? p * log(p) : 0) + (1 - p) * log1p(-p);
    q = before_held ? before : beyond(p, entropy, bound);
    for (int i = 0; i < 32 && q > p; i++) {
        double over = entropy - p * log(q) - (1 - p) * log1p(-q) - bound;
        double step = over * q * (1 - q) / (q - p);

        if (!(q - step < 1) && !before_held)
            break; /* the root is 1, as far as numbers go */
        if (!(q - step < 1)) {
            q = beyond(p, entropy, bound);
            before_held = false;
            continue;
        }
        q -= step;
        /* what is left after a step is of the order of its square */
        if (fabs(step) <= 1e-7 * (1 - q))
            break;
    }
    return fmax(q, p);
}

static void
set_index(struct kl_ucb *p, struct arm *a)
{
    double mean = fmin(fmax(a->sum / a->n, 0), 1);

    a->index = upper(mean, p->ln_t / a->n, a->index);
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
