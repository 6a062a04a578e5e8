/* SPDX-License-Identifier: MIT */
/* task_relay.h -- the task `relay` of offramp-probe: one processor's place in
 * a mapped plan that is run for real (../README.md). */
#ifndef OFFRAMP_RELAY_TASK_RELAY_H
#define OFFRAMP_RELAY_TASK_RELAY_H

#include "probes/agent/task.h"

extern const struct task_kind task_relay;

#endif
