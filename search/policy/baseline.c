/* SPDX-License-Identifier: MIT */
/* Policies that learn nothing: one arm drawn at the start and held (the
 * "random" of the SplitEE paper), and always the full network. */
#include "search/policy/kinds.h"
#include "base/rng.h"

struct held {
    int arm;
};

static void
start_random(void *state, const struct policy_setting *s)
{
    struct held *p = state;
    struct rng rng = { s->seed };

    p->arm = (int)rng_below(&rng, (uint64_t)s->arms);
}

static void
start_final(void *state, const struct policy_setting *s)
{
    struct held *p = state;

    p->arm = s->arms - 1;
}

static struct policy_choice
decide(void *state)
{
    const struct held *p = state;

    return (struct policy_choice){ p->arm, false };
}

static void
observe(void *state, const struct policy_seen *seen)
{
    (void)state;
    (void)seen;
}

const struct policy_kind policy_random = { .name = "random",
    .summary = "one exit drawn at the start and held",
    .view = POLICY_ARM,
    .head_bytes = sizeof(struct held),
    .start = start_random,
    .decide = decide,
    .observe = observe };

const struct policy_kind policy_final = { .name = "final",
    .summary = "always the full network",
    .view = POLICY_ARM,
    .head_bytes = sizeof(struct held),
    .start = start_final,
    .decide = decide,
    .observe = observe };
