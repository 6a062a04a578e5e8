/* SPDX-License-Identifier: MIT */
/*
 * trial_row.h -- one policy's row in the table of a trial: the same members
 * whatever kind of policy it is, null where it has no such thing.  Rows belong
 * to the trial that makes them.  Private to trial*.c.
 */
#ifndef OFFRAMP_DATA_TRIAL_ROW_H
#define OFFRAMP_DATA_TRIAL_ROW_H

#include "search/data/trial_input.h"

/* Over the shuffles; each run's own where a member is an array. */
struct trial_figures {
    double cost[TRIAL_SHUFFLES_MAX], accuracy[TRIAL_SHUFFLES_MAX];
    double offloaded[TRIAL_SHUFFLES_MAX], probed[TRIAL_SHUFFLES_MAX];
    double regret[TRIAL_SHUFFLES_MAX];
    double trace[REPLAY_POINTS]; /* sums */
    uint64_t pulls[POLICY_ARMS_MAX];
    int64_t ns; /* fastest run's; 0: nothing is decided while samples come */
};

/* What a sample costs and who answers it, for one way of treating it. */
struct trial_outcome {
    double cost, weight; /* in the user's unit; in units of score */
    int exit;            /* whose answer counts; -1: there is none */
    bool handed;         /* over to the full network elsewhere */
};

/* A policy that is fixed before the first sample comes: `choice` names the
 * outcome of each sample of the stream. */
struct trial_fixed {
    struct trial_outcome outcome[POLICY_ARMS_MAX + 1];
    uint8_t *choice; /* owned, [n]; NULL: always the first */
};

struct trial_row {
    const char *name, *summary; /* borrowed */
    const char *family;         /* "online", "fixed", "selection", "temporal" */
    bool realisable;
    const struct policy_kind *kind; /* borrowed; NULL: not online */
    struct trial_fixed fixed;       /* else */
    size_t state_bytes;             /* 0: nothing to remember */
    double step_ns;                 /* of deciding; NaN: nothing to decide */
    struct trial_figures f;
};
void trial_row_clear(struct trial_row *r);

/* One run of a fixed policy, its figures as number `run`. */
void trial_fixed_replay(const struct trial_fixed *x,
    const struct trial_input *in, const struct replay_order *order, int64_t run,
    struct trial_figures *f);

/* [x, low, high] with a 95 % interval over the n runs; no interval for fewer
 * than five. */
json_t *trial_interval(const double *x, int64_t n);

/* The row as JSON; NULL: out of memory. */
json_t *trial_row_json(
    const struct trial_row *r, const struct trial_options *o, int arms);

#endif
