/* SPDX-License-Identifier: MIT */
/* task_live.h -- the task kind `live` of probes: online policies run for real
 * on this machine (../README.md has payload and result). */
#ifndef OFFRAMP_LIVE_TASK_H
#define OFFRAMP_LIVE_TASK_H

#include "probes/agent/task.h"

extern const struct task_kind task_live_run;

#endif
