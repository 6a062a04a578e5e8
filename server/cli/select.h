/* SPDX-License-Identifier: MIT */
/* select.h -- an offramp.selection/1 document as tables. */
#ifndef OFFRAMP_CLI_SELECT_H
#define OFFRAMP_CLI_SELECT_H

#include "base/json.h"

enum status select_text(const json_t *doc, struct err *err) MUST_CHECK;

#endif
