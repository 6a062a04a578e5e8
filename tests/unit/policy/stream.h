/* SPDX-License-Identifier: MIT */
/*
 * stream.h -- seeded synthetic samples for policies: deeper exits are surer
 * and more often right, and neighbouring exits agree.
 */
#ifndef OFFRAMP_TESTS_POLICY_STREAM_H
#define OFFRAMP_TESTS_POLICY_STREAM_H

#include "search/policy/replay.h"

enum { STREAM_ARMS = 12, STREAM_N = 5000 };

struct made_stream {
    double score[STREAM_ARMS * STREAM_N];
    uint8_t right[STREAM_ARMS * STREAM_N];
    uint32_t domain[STREAM_N];
    double own[STREAM_ARMS], path[STREAM_ARMS], offload[STREAM_ARMS];
    struct replay_stream stream;
    struct replay_costs costs;
    struct replay_settings settings;
};

/* The full network weighs `mu`, handing over at the first exit `o`, shrinking
 * to nothing with depth.  Policies see these very costs.  `shift` makes the
 * second half of the samples harder at early exits and a domain of its own. */
void stream_make(
    struct made_stream *m, double o, double mu, bool shift, uint64_t seed);

#endif
