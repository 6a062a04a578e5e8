/* SPDX-License-Identifier: MIT */
/* Thompson sampling: each arm's mean is drawn from a normal distribution with
 * the mean and the variance seen so far (moments.h); the largest draw is
 * chosen. */
#include "search/policy/kinds.h"
#include "search/policy/moments.h"

struct thompson {
    const struct policy_setting *s; /* borrowed */
    struct rng rng;
    uint64_t t;
    struct moments arm[];
};

static void
start(void *state, const struct policy_setting *s)
{
    struct thompson *p = state;

    p->s = s;
    p->rng = (struct rng){ s->seed };
    p->t = 0;
    moments_start(p->arm, s->arms);
}

static struct policy_choice
decide(void *state)
{
    struct thompson *p = state;

    p->t++;
    if (p->t <= (uint64_t)p->s->arms)
        return (struct policy_choice){ (int)p->t - 1, false };
    return (struct policy_choice){
        moments_largest_draw(p->arm, p->s->arms, &p->rng), false
    };
}

static void
observe(void *state, const struct policy_seen *seen)
{
    struct thompson *p = state;

    moments_add(&p->arm[seen->arm], policy_earned(p->s, seen));
}

const struct policy_kind policy_thompson = { .name = "thompson",
    .summary = "Thompson sampling, normal, with the variance seen",
    .view = POLICY_ARM,
    .head_bytes = sizeof(struct thompson),
    .arm_bytes = sizeof(struct moments),
    .start = start,
    .decide = decide,
    .observe = observe };
