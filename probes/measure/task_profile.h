/* SPDX-License-Identifier: MIT */
/* task_profile.h -- the `profile` task of offramp-probe: a folder with a
 * lease and blobs becomes a profile (../README.md). */
#ifndef OFFRAMP_MEASURE_TASK_PROFILE_H
#define OFFRAMP_MEASURE_TASK_PROFILE_H

#include "probes/agent/task.h"

extern const struct task_kind task_profile;

#endif
