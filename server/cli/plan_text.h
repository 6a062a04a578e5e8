/* SPDX-License-Identifier: MIT */
/* plan_text.h -- an offramp.plan/1 document on a terminal. */
#ifndef OFFRAMP_CLI_PLAN_TEXT_H
#define OFFRAMP_CLI_PLAN_TEXT_H

#include "base/json.h"
#include "base/status.h"
#include "server/cli/text.h"

/* Print the plan: its exits, cost and accuracy on both halves, and the
 * comparison with other methods where it has one. */
enum status plan_text(
    const char *title, const json_t *plan, struct err *err) MUST_CHECK;

/* A cost in its metric's unit: "12.3 us", "4.1 M"; "-" for NaN. */
void plan_text_cost(const char *metric, double cost, char out[TEXT_CELL]);

#endif
