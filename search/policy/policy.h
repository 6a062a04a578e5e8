/* SPDX-License-Identifier: MIT */
/*
 * policy.h -- policies that choose online where to split a network, sample by
 * sample, without labels.
 *
 * An arm is an exit.  For every sample a policy names an arm; the device runs
 * the network up to that exit and reads its score.  If the score is at least
 * `alpha`, or the arm is the last exit, the device answers; otherwise the
 * sample is handed over and completed by somebody else, who has the full
 * network.  What a policy earns for a sample (SplitEE, arXiv 2309.09195):
 *
 *     answered here    score[arm]      - cost[arm]
 *     handed over      score[last arm] - cost[arm] - offload[arm]
 *
 * A policy may instead ask for a probe: the device runs the whole network and
 * every head, answers with the last exit, and so learns every arm's earning.
 *
 * A policy learns only what a device would know: `policy_seen` holds NaN for
 * every score that was not computed.  The one exception says so in its row.
 *
 * Pure C: no I/O, no clock, no allocation.  A policy's state is one block of
 * `size` bytes that its caller owns; one thread at a time.
 */
#ifndef OFFRAMP_SEARCH_POLICY_H
#define OFFRAMP_SEARCH_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { POLICY_ARMS_MAX = 64 };

/* What is known beforehand.  Start from policy_setting_init(). */
struct policy_setting {
    int arms;              /* exits; the last is the full network */
    const double *cost;    /* [arms], units of score; borrowed */
    const double *offload; /* [arms], the last is never used; borrowed */
    double alpha;          /* least score that is answered on the device */
    double beta;           /* width of confidence bounds */
    double probes;    /* probability of a probe at step t: min(1, probes / t) */
    double memory;    /* steps that a forgetting policy looks back on */
    double low, high; /* every earning lies between; policy_setting_range() */
    uint64_t seed;
};

/* The constants of the papers where they have them: alpha 0.7, beta 1; 60
 * probes, a memory of 2,000 steps, seed 1. */
void policy_setting_init(struct policy_setting *s);

/* Set low and high for scores within 0..1. */
void policy_setting_range(struct policy_setting *s);

/* ST_INVALID names what contradicts: fewer than two arms, a cost that is
 * negative, falls along the network or is not finite, alpha outside 0..1. */
enum status policy_setting_check(
    const struct policy_setting *s, struct err *err) MUST_CHECK;

struct policy_choice {
    int arm;
    bool probe; /* run everything; `arm` is then the last */
};

struct policy_seen {
    int arm;
    bool probe;
    const double *score; /* [arms], NaN where it was not computed */
    /* The full network's score where it is known: the sample was handed over,
     * probed or run to the end.  NaN otherwise. */
    double final;
};

/* Which scores a policy's samples leave behind. */
enum policy_view {
    POLICY_ARM,  /* only the chosen exit's head is run */
    POLICY_PATH, /* every head up to it is run, and paid for */
    POLICY_LEAK, /* as PATH, and `final` always: no device can do this */
};

struct policy_kind {
    const char *name, *summary;
    enum policy_view view;
    size_t head_bytes, arm_bytes; /* of state: once, and for each arm */
    void (*start)(void *state, const struct policy_setting *s);
    struct policy_choice (*decide)(void *state);
    void (*observe)(void *state, const struct policy_seen *seen);
};

/* Ends with a NULL name. */
extern const struct policy_kind *const policy_kinds[];
const struct policy_kind *policy_find(const char *name);

/* Bytes of state, suitably aligned memory is the caller's. */
size_t policy_state_size(const struct policy_kind *k, int arms);

/* What an arm earns for a sample whose score there is `score` and whose full
 * network's is `final` (read only where the sample is handed over). */
double policy_earning(
    const struct policy_setting *s, int arm, double score, double final);

/* What the chosen arm earned. */
static inline double
policy_earned(const struct policy_setting *s, const struct policy_seen *seen)
{
    return policy_earning(s, seen->arm, seen->score[seen->arm], seen->final);
}

#endif
