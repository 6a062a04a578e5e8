/* SPDX-License-Identifier: MIT */
/*
 * slow.h -- the policies again, slow and obvious: every index is computed anew
 * for every step, from plain sums or from the whole history.  Nothing is shared
 * with search/policy but the structs and the seeded random numbers.
 */
#ifndef OFFRAMP_TESTS_POLICY_SLOW_H
#define OFFRAMP_TESTS_POLICY_SLOW_H

#include "search/policy/replay.h"

struct slow_step {
    int arm;
    bool probe;
};

/* Replay policy `name` for `steps` steps of `order`; its choices go to `out`
 * [steps] and its regret is returned.  NaN: no such policy here. */
double slow_replay(const char *name, const struct replay_settings *settings,
    const struct replay_stream *s, const struct replay_order *order,
    size_t steps, struct slow_step *out);

#endif
