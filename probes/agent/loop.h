/* SPDX-License-Identifier: MIT */
/*
 * loop.h -- the agent's main thread: what is owed is sent, a session is held,
 * a task is leased and run, until asked to end.
 */
#ifndef OFFRAMP_AGENT_LOOP_H
#define OFFRAMP_AGENT_LOOP_H

#include "probes/agent/config.h"

/* Run until config->stop (or one task, with `once`).  The spool is locked
 * for this process meanwhile: ST_BUSY where another agent has it. */
enum status agent_loop(
    const struct agent_config *config, struct err *err) MUST_CHECK;

#endif
