/* SPDX-License-Identifier: MIT */
/*
 * unsplit.h -- the reference of a mapped plan: what the network in one piece
 * answers on the same rows, here, as a file (../../probes/relay/account.h).
 */
#ifndef OFFRAMP_WORKER_UNSPLIT_H
#define OFFRAMP_WORKER_UNSPLIT_H

#include "probes/agent/task.h"
#include "probes/runtimes/runtime.h"
#include "search/data/plan_read.h"

/*
 * The kept exits' network (`onnx` of the deployment) over its rows; adds
 * "reference" and "values" to rows.  `images` (board_part.h; may be NULL):
 * where one is int8, the reference is that image in one piece instead, run by
 * the same kernels here, and behind it the other segments on its tensor.
 * ST_UNPROCESSABLE "plan.model"; what the runtime says.
 */
enum status unsplit_add(struct task *t, json_t *deployment,
    const struct plan_exits *plan, const json_t *images,
    struct err *err) MUST_CHECK;

#endif
