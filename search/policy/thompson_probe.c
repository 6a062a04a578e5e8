/* SPDX-License-Identifier: MIT */
/*
 * Follow the leader of full-depth probes, and probe only while it is in doubt.
 *
 * A probe shows what every arm would have earned for one sample; from each the
 * sample's mean over arms is taken away, so that what makes a sample easy or
 * hard for all of them cancels.  With probability min(1, probes / t) the
 * policy draws every arm's mean as Thompson sampling does, and probes if the
 * largest draw is another's than the leader's.
 */
#include "search/policy/kinds.h"
#include "search/policy/moments.h"

struct doubt {
    const struct policy_setting *s; /* borrowed */
    struct rng rng;
    double t;
    int leader;
    struct moments arm[];
};

static void
start(void *state, const struct policy_setting *s)
{
    struct doubt *p = state;

    p->s = s;
    p->rng = (struct rng){ s->seed };
    p->t = 0;
    p->leader = s->arms - 1;
    moments_start(p->arm, s->arms);
}

static struct policy_choice
decide(void *state)
{
    struct doubt *p = state;
    int arms = p->s->arms;

    p->t++;
    if (rng_unit(&p->rng) * p->t < p->s->probes &&
        (p->arm[0].n < 2 ||
            moments_largest_draw(p->arm, arms, &p->rng) != p->leader))
        return (struct policy_choice){ arms - 1, true };
    return (struct policy_choice){ p->leader, false };
}

static void
observe(void *state, const struct policy_seen *seen)
{
    double earning[POLICY_ARMS_MAX], mean = 0;
    struct doubt *p = state;
    int arms = p->s->arms;

    if (!seen->probe)
        return;
    for (int i = 0; i < arms; i++) {
        earning[i] = policy_earning(p->s, i, seen->score[i], seen->final);
        mean += earning[i] / arms;
    }
    p->leader = 0;
    for (int i = 0; i < arms; i++) {
        moments_add(&p->arm[i], earning[i] - mean);
        if (p->arm[i].mean > p->arm[p->leader].mean)
            p->leader = i;
    }
}

const struct policy_kind policy_thompson_probe = { .name = "thompson-probe",
    .summary = "follow, probing only while the leader is in doubt",
    .view = POLICY_ARM,
    .head_bytes = sizeof(struct doubt),
    .arm_bytes = sizeof(struct moments),
    .start = start,
    .decide = decide,
    .observe = observe };
