/* SPDX-License-Identifier: MIT */
/*
 * fake.h -- an agent program whose task kinds misbehave on request.
 *
 * A test program is its own agent: with arguments it is the agent (and the
 * agent's child), without it runs the tests.
 */
#ifndef OFFRAMP_TEST_FAKE_H
#define OFFRAMP_TEST_FAKE_H

#include "probes/agent/agent.h"

extern const struct agent_program fake_program;

#endif
