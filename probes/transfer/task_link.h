/* SPDX-License-Identifier: MIT */
/*
 * task_link.h -- the task `link`: one end of a link answers, the other asks
 * and measures (../README.md).  Which end it is, the payload says.
 *
 * Only an agent that was started with --link opens a port (OFFRAMP_LINK in
 * the environment has its address), and for as long as the measurement lasts.
 */
#ifndef OFFRAMP_TRANSFER_TASK_LINK_H
#define OFFRAMP_TRANSFER_TASK_LINK_H

#include "probes/agent/task.h"

/* Of a probe, which can be either end. */
extern const struct task_kind task_link;

/* Of a worker, which can only answer, and is no choice without --link. */
extern const struct task_kind task_link_answer;

#endif
