/* SPDX-License-Identifier: MIT */
/*
 * lanes.h -- boards that work at the same time: the devices of one command
 * line are split into lanes, each an agent in a process of its own.
 *
 * What measures with the host's own processor stays together in one lane and
 * takes turns; every board is a lane, since it disturbs nobody.  A lane of a
 * board is the agent "ID.BOARD" with the spool folder SPOOL/boards/BOARD.  All
 * lanes end together.
 */
#ifndef OFFRAMP_AGENT_LANES_H
#define OFFRAMP_AGENT_LANES_H

#include "probes/agent/config.h"

/* How many lanes these devices ([{name, labels, board?}]) make. */
size_t lanes_count(const json_t *devices);

/* Lane `i`'s devices as a new array, or NULL when out of memory; *board gets
 * the name of the board that it is for (borrowed from `devices`), or NULL. */
json_t *lanes_devices(const json_t *devices, size_t i, const char **board);

/*
 * Run `lane` in `n` processes, with what it returns as exit code.  When one
 * ends, the others are told to (SIGTERM), as all are when this process is.
 * Returns the worst exit code.  The first failure to start a process is
 * reported and counts as one.
 */
int lanes_run(size_t n, int (*lane)(void *ctx, size_t i), void *ctx);

#endif
