/* SPDX-License-Identifier: MIT */
/*
 * replay.h -- run a policy over recorded scores as if the samples came in one
 * by one, and keep the account.
 *
 * Earnings (score minus cost, in units of score) are what a policy learns
 * from; costs in the user's own unit, accuracy and the share handed over are
 * what it is judged by.  Regret compares, on the same samples, with the arm
 * that earns most over all of them (of the same domain, where the stream has
 * domains), running only its own head.
 *
 * Pure: no I/O and no clock.  What a call allocates it frees, but for an
 * order, which belongs to its caller.
 */
#ifndef OFFRAMP_SEARCH_POLICY_REPLAY_H
#define OFFRAMP_SEARCH_POLICY_REPLAY_H

#include "search/policy/policy.h"

enum { REPLAY_POINTS = 64 };

/* Recorded samples; exit-major: sample i at exit e is at [e * n + i]. */
struct replay_stream {
    size_t n;
    int arms;
    const double *score;    /* [arms][n], within 0..1; borrowed */
    const uint8_t *right;   /* [arms][n]; borrowed */
    const uint32_t *domain; /* [n], from 0, or NULL: one domain; borrowed */
};

/* What a sample costs, in the user's unit. */
struct replay_costs {
    const double *own;     /* [arms]: up to the exit with its head only */
    const double *path;    /* [arms]: with every head on the way */
    const double *offload; /* [arms]: handing over behind it */
};

/* ST_INVALID (code "policy.stream") names the exit and sample whose score is
 * not within 0..1, or what is too few. */
enum status replay_check(
    const struct replay_stream *s, struct err *err) MUST_CHECK;

/* In which order samples come, and the best arm for each step. */
struct replay_order {
    uint32_t *sample; /* owned, [steps] */
    uint8_t *best;    /* owned, [steps] */
    size_t steps;
};

/* All samples shuffled, again and again until there are `steps`; where there
 * are domains, one after the other in order of their numbers, each shuffled
 * in itself.  `setting` judges the best arm.  ST_NOMEM. */
enum status replay_order_init(struct replay_order *o,
    const struct replay_stream *s, const struct policy_setting *setting,
    size_t steps, uint64_t seed, struct err *err) MUST_CHECK;
/* The samples as they come, once; the best arm is that of all (or of the
 * domain).  ST_NOMEM. */
enum status replay_order_given(struct replay_order *o,
    const struct replay_stream *s, const struct policy_setting *setting,
    struct err *err) MUST_CHECK;
void replay_order_clear(struct replay_order *o);

/* Means over the steps; `regret` is a sum, its trace at REPLAY_POINTS evenly
 * spread steps (the last is the end). */
struct replay_result {
    double cost, accuracy, offloaded, probed;
    double regret, trace[REPLAY_POINTS];
    uint64_t pulls[POLICY_ARMS_MAX];
};

/* What was done with a sample. */
struct replay_step {
    int arm;
    bool probe, offloaded;
};

/* `own` and `path` hold the earnings' costs of the two ways of running; a
 * policy is given the one that its view pays for.  `state` has
 * policy_state_size() bytes, aligned as malloc does.  `steps` gets every step's
 * choice, [order's steps]; it may be NULL. */
struct replay_settings {
    struct policy_setting own, path;
};
void replay_run(const struct policy_kind *k, void *state,
    const struct replay_settings *settings, const struct replay_stream *s,
    const struct replay_costs *c, const struct replay_order *o,
    struct replay_step *steps, struct replay_result *out);

#endif
