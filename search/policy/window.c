/* SPDX-License-Identifier: MIT */
/*
 * Sliding-window UCB (Garivier and Moulines 2008): SplitEE's index over the
 * last `memory` steps only.  The window moves in quarters, so that an arm
 * needs four sums and not a list of its steps.
 */
#include <math.h>

#include "search/policy/kinds.h"

enum { QUARTERS = 4 };

struct arm {
    double sum;
    uint32_t n;
    uint32_t part_n[QUARTERS];
    float part_sum[QUARTERS];
};

struct window {
    const struct policy_setting *s; /* borrowed */
    uint64_t t, length;             /* of a quarter, in steps */
    int quarter;
    struct arm arm[];
};

static void
start(void *state, const struct policy_setting *s)
{
    struct window *p = state;

    p->s = s;
    p->t = 0;
    p->length = (uint64_t)(s->memory / QUARTERS);
    p->quarter = 0;
    for (int i = 0; i < s->arms; i++)
        p->arm[i] = (struct arm){ 0 };
}

/* The oldest quarter becomes the newest, empty. */
static void
move_on(struct window *p)
{
    p->quarter = (p->quarter + 1) % QUARTERS;
    for (int i = 0; i < p->s->arms; i++) {
        struct arm *a = &p->arm[i];

        a->part_n[p->quarter] = 0;
        a->part_sum[p->quarter] = 0;
        a->n = 0;
        a->sum = 0;
        for (int q = 0; q < QUARTERS; q++) {
            a->n += a->part_n[q];
            a->sum += (double)a->part_sum[q];
        }
    }
}

static struct policy_choice
decide(void *state)
{
    struct window *p = state;
    struct policy_choice best = { 0, false };
    double most = -INFINITY, spread;

    p->t++;
    if (p->t % p->length == 0)
        move_on(p);
    spread = p->s->beta * sqrt(log(fmin((double)p->t, p->s->memory)));
    for (int i = 0; i < p->s->arms; i++) {
        const struct arm *a = &p->arm[i];
        double index;

        if (a->n == 0)
            return (struct policy_choice){ i, false };
        index = a->sum / a->n + spread / sqrt(a->n);
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
    struct window *p = state;
    struct arm *a = &p->arm[seen->arm];
    double earning = policy_earned(p->s, seen);

    a->sum += earning;
    a->n++;
    a->part_sum[p->quarter] += (float)earning;
    a->part_n[p->quarter]++;
}

const struct policy_kind policy_window = { .name = "window",
    .summary = "UCB1 over the last steps only (a sliding window)",
    .view = POLICY_ARM,
    .head_bytes = sizeof(struct window),
    .arm_bytes = sizeof(struct arm),
    .start = start,
    .decide = decide,
    .observe = observe };
