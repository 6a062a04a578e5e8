/* SPDX-License-Identifier: MIT */
/* kinds.h -- what a worker can do: one file a kind. */
#ifndef OFFRAMP_WORKER_KINDS_H
#define OFFRAMP_WORKER_KINDS_H

#include "probes/agent/task.h"

extern const struct task_kind task_analyse; /* a model into layers and cuts */
extern const struct task_kind task_augment; /* heads for a plain network */
extern const struct task_kind task_dataset; /* does a data set fit a model? */
extern const struct task_kind task_records; /* exits evaluated on data */
extern const struct task_kind task_search;  /* records and costs into a plan */

extern const struct task_kind task_trial;  /* policies tried on records */
extern const struct task_kind task_live;   /* before and after a live run */
extern const struct task_kind task_deploy; /* a plan into what a device runs */

extern const struct task_kind task_quantise; /* a network into an image */

#endif
