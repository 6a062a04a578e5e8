/* SPDX-License-Identifier: MIT */
/* task_validate.h -- the `validate` task of offramp-probe: a deployment and
 * prepared rows become measured times, exit shares and accuracy
 * (../README.md). */
#ifndef OFFRAMP_DEPLOY_TASK_VALIDATE_H
#define OFFRAMP_DEPLOY_TASK_VALIDATE_H

#include "probes/agent/task.h"

extern const struct task_kind task_validate;

#endif
