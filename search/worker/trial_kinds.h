/* SPDX-License-Identifier: MIT */
/* trial_kinds.h -- what a task `trial` may be asked for besides a trial: each
 * a document of its own in *result, which the caller owns. */
#ifndef OFFRAMP_WORKER_TRIAL_KINDS_H
#define OFFRAMP_WORKER_TRIAL_KINDS_H

#include "probes/agent/task.h"

/* {"graphs":[offramp.graph/1], "ask":{..}} -> {"partition":..} */
enum status trial_partition(
    struct task *t, json_t **result, struct err *err) MUST_CHECK;

/* {"costs":[two], "records":hex, "ask":{..}} -> {"partition":..}: one exit,
 * one cut, so many bits. */
enum status trial_exit(
    struct task *t, json_t **result, struct err *err) MUST_CHECK;

/* {"configs":[..], "features" or "images":hex, "ask":{..}} ->
 * {"selection":..} */
enum status trial_selection(
    struct task *t, json_t **result, struct err *err) MUST_CHECK;

#endif
