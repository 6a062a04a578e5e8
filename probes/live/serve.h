/* SPDX-License-Identifier: MIT */
/* serve.h -- the role `serve` of the task `live`: complete what another probe
 * hands over, until it is done. */
#ifndef OFFRAMP_LIVE_SERVE_H
#define OFFRAMP_LIVE_SERVE_H

#include "probes/agent/task.h"

/* *result: offramp.live_served/1. */
enum status live_serve(
    struct task *t, json_t **result, struct err *err) MUST_CHECK;

#endif
