/* SPDX-License-Identifier: MIT */
/* Discounted UCB (Kocsis and Szepesvari 2006; Garivier and Moulines 2008):
 * SplitEE's index with every past step's weight falling by 1 - 1/memory. */
#include <math.h>

#include "search/policy/kinds.h"

struct arm {
    double sum, n;
};

struct discount {
    const struct policy_setting *s; /* borrowed */
    uint64_t t;
    double keep, total;
    struct arm arm[];
};

static void
start(void *state, const struct policy_setting *s)
{
    struct discount *p = state;

    p->s = s;
    p->t = 0;
    p->keep = 1 - 1 / s->memory;
    p->total = 0;
    for (int i = 0; i < s->arms; i++)
        p->arm[i] = (struct arm){ 0 };
}

static struct policy_choice
decide(void *state)
{
    struct discount *p = state;
    struct policy_choice best = { 0, false };
    double most = -INFINITY, spread;

    p->t++;
    if (p->t <= (uint64_t)p->s->arms)
        return (struct policy_choice){ (int)p->t - 1, false };
    spread = p->s->beta * sqrt(log(p->total + 1));
    for (int i = 0; i < p->s->arms; i++) {
        const struct arm *a = &p->arm[i];
        double index = a->sum / a->n + spread / sqrt(a->n);

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
    struct discount *p = state;

    for (int i = 0; i < p->s->arms; i++) {
        p->arm[i].sum *= p->keep;
        p->arm[i].n *= p->keep;
    }
    p->total = p->total * p->keep + 1;
    p->arm[seen->arm].n += 1;
    p->arm[seen->arm].sum += policy_earned(p->s, seen);
}

const struct policy_kind policy_discount = { .name = "discount",
    .summary = "UCB1 with the past fading away",
    .view = POLICY_ARM,
    .head_bytes = sizeof(struct discount),
    .arm_bytes = sizeof(struct arm),
    .start = start,
    .decide = decide,
    .observe = observe };
