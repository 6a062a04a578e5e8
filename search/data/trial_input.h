/* SPDX-License-Identifier: MIT */
/* trial_input.h -- records and costs as a replay and a live run want
 * them. */
#ifndef OFFRAMP_DATA_TRIAL_INPUT_H
#define OFFRAMP_DATA_TRIAL_INPUT_H

#include "search/data/trial.h"
#include "search/policy/replay.h"

/* The pointers in `stream`, `costs` and `settings` lead into this struct, so
 * it must not move. */
struct trial_input {
    struct replay_stream stream;
    struct replay_costs costs;
    struct replay_settings settings;
    double *score;    /* owned */
    uint8_t *right;   /* owned */
    uint32_t *domain; /* owned, or NULL */
    uint32_t *row;    /* owned, [n]: of the records, for each sample */
    double unit;      /* of score that one unit of cost is worth */
    double backbone[POLICY_ARMS_MAX]; /* up to an exit, without its head */
    double own[POLICY_ARMS_MAX], path[POLICY_ARMS_MAX];
    double offload[POLICY_ARMS_MAX];
    double earn_own[POLICY_ARMS_MAX], earn_path[POLICY_ARMS_MAX];
    double earn_offload[POLICY_ARMS_MAX];
};

/* `published`: costs are trial_published_costs(), whose reward is lambda a
 * layer however many heads run. */
enum status trial_input_init(struct trial_input *in, const struct records *r,
    const struct costs *c, bool published, const struct trial_options *o,
    struct err *err) MUST_CHECK;
/* The costs and settings alone, for a network of so many exits whose samples
 * are yet to come. */
enum status trial_input_costs(struct trial_input *in, int arms,
    const struct costs *c, bool published, const struct trial_options *o,
    struct err *err) MUST_CHECK;
void trial_input_clear(struct trial_input *in);

/* What SplitEE's published code charges, as costs in one metric, "score".
 * The caller ends *out with costs_clear(). */
enum status trial_published_costs(
    int exits, double lambda, struct costs *out, struct err *err) MUST_CHECK;

#endif
