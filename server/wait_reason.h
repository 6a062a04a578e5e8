/* SPDX-License-Identifier: MIT */
/* wait_reason.h -- why does a queued task wait, if not for its turn? */
#ifndef OFFRAMP_SERVER_WAIT_REASON_H
#define OFFRAMP_SERVER_WAIT_REASON_H

#include <jansson.h>

#include "db/queue.h"

/* What is the matter with each device that may do the task, and what to do;
 * null where the task is not queued, or one of them may take it.  The caller
 * owns *out. */
enum status wait_reason(struct db *db, const struct task *t, int64_t now_ms,
    json_t **out, struct err *err) MUST_CHECK;

#endif
