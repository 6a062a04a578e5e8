/* SPDX-License-Identifier: MIT */
/*
 * SplitEE and SplitEE-S (arXiv 2309.09195; the released code's constants are
 * in the project's notes): UCB1 over exits, index mean + beta sqrt(ln(t+1)/n),
 * every arm once to begin with, ties to the lowest.
 *
 * SplitEE-S runs every head up to the chosen one and also updates the arms
 * below.  An arm below whose score is under alpha would have handed the sample
 * over; what that earns needs the full network's score, which the device has
 * only if this sample was handed over too.  Hence the variants: `drop` leaves
 * such an arm alone (slightly biased), `impute` puts the chosen arm's score in
 * its place, `none` updates no arm below, and `published` reads the full
 * network's score from the table as the released script does, which no device
 * can.
 */
#include <math.h>

#include "search/policy/kinds.h"

enum side { SIDE_NONE, SIDE_DROP, SIDE_IMPUTE };

struct arm {
    double sum;
    double width; /* 1 / sqrt(n) */
    uint32_t n;
};

struct splitee {
    const struct policy_setting *s; /* borrowed */
    uint64_t t;
    enum side side;
    struct arm arm[];
};

static void
begin(void *state, const struct policy_setting *s, enum side side)
{
    struct splitee *p = state;

    p->s = s;
    p->t = 0;
    p->side = side;
    for (int i = 0; i < s->arms; i++)
        p->arm[i] = (struct arm){ 0 };
}

static void
start_none(void *state, const struct policy_setting *s)
{
    begin(state, s, SIDE_NONE);
}

static void
start_drop(void *state, const struct policy_setting *s)
{
    begin(state, s, SIDE_DROP);
}

static void
start_impute(void *state, const struct policy_setting *s)
{
    begin(state, s, SIDE_IMPUTE);
}

static struct policy_choice
decide(void *state)
{
    struct splitee *p = state;
    struct policy_choice best = { 0, false };
    double most = -INFINITY, spread;

    p->t++;
    if (p->t <= (uint64_t)p->s->arms)
        return (struct policy_choice){ (int)p->t - 1, false };
    spread = p->s->beta * sqrt(log((double)p->t));
    for (int i = 0; i < p->s->arms; i++) {
        const struct arm *a = &p->arm[i];
        double index = a->sum * a->width * a->width + spread * a->width;

        if (index > most) {
            most = index;
            best.arm = i;
        }
    }
    return best;
}

static void
update(struct arm *a, double earning)
{
    a->sum += earning;
    a->n++;
    a->width = 1 / sqrt(a->n);
}

static void
update_below(struct splitee *p, const struct policy_seen *seen)
{
    for (int j = 0; j < seen->arm; j++) {
        double final = seen->final;

        if (isnan(final) && p->side == SIDE_IMPUTE)
            final = seen->score[seen->arm];
        if (seen->score[j] >= p->s->alpha || !isnan(final))
            update(&p->arm[j], policy_earning(p->s, j, seen->score[j], final));
    }
}

static void
observe(void *state, const struct policy_seen *seen)
{
    struct splitee *p = state;

    update(&p->arm[seen->arm], policy_earned(p->s, seen));
    if (p->side != SIDE_NONE)
        update_below(p, seen);
}

#define SPLITEE(id, label, text, sees, begin)                                  \
    const struct policy_kind id = { .name = label,                             \
        .summary = text,                                                       \
        .view = sees,                                                          \
        .head_bytes = sizeof(struct splitee),                                  \
        .arm_bytes = sizeof(struct arm),                                       \
        .start = begin,                                                        \
        .decide = decide,                                                      \
        .observe = observe }

SPLITEE(policy_splitee, "splitee", "UCB1 over exits, as published", POLICY_ARM,
    start_none);
SPLITEE(policy_splitee_s_drop, "splitee-s",
    "SplitEE-S: arms below are updated where the device can know", POLICY_PATH,
    start_drop);
SPLITEE(policy_splitee_s_impute, "splitee-s-impute",
    "SplitEE-S: the chosen exit's score stands in for an unknown one",
    POLICY_PATH, start_impute);
SPLITEE(policy_splitee_s_none, "splitee-s-none",
    "SplitEE-S: pays for every head, learns from one", POLICY_PATH, start_none);
SPLITEE(policy_splitee_s_published, "splitee-s-published",
    "SplitEE-S as released: reads what no device knows; for comparison only",
    POLICY_LEAK, start_drop);
