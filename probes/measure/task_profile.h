/* SPDX-License-Identifier: MIT */
/* task_profile.h -- the tasks of offramp-probe: a folder with a lease and
 * blobs becomes a profile, or a run of the golden kernels (../README.md). */
#ifndef OFFRAMP_MEASURE_TASK_PROFILE_H
#define OFFRAMP_MEASURE_TASK_PROFILE_H

#include "probes/agent/task.h"

extern const struct task_kind task_profile, task_golden;

#endif
