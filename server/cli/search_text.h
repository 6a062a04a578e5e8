/* SPDX-License-Identifier: MIT */
/* search_text.h -- what `offramp search` prints beside its plan. */
#ifndef OFFRAMP_CLI_SEARCH_TEXT_H
#define OFFRAMP_CLI_SEARCH_TEXT_H

#include "base/json.h"
#include "base/status.h"

/* The choices from the most accurate to the cheapest, as a table. */
enum status search_text_curve(const json_t *curve, struct err *err) MUST_CHECK;

/* The plan's `comparison`: what every method makes of the same problem. */
enum status search_text_comparison(
    const json_t *plan, struct err *err) MUST_CHECK;

#endif
