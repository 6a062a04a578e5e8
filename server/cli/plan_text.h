/* SPDX-License-Identifier: MIT */
/* plan_text.h -- an offramp.plan/1 document on a terminal. */
#ifndef OFFRAMP_CLI_PLAN_TEXT_H
#define OFFRAMP_CLI_PLAN_TEXT_H

#include "base/json.h"
#include "base/status.h"

/* Print the plan: its exits, and cost and accuracy on both halves. */
enum status plan_text(
    const char *title, const json_t *plan, struct err *err) MUST_CHECK;

#endif
