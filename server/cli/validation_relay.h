/* SPDX-License-Identifier: MIT */
/* validation_relay.h -- a validation across processors as text: what each was
 * expected to do and did, and whether the outputs are the unsplit network's. */
#ifndef OFFRAMP_CLI_VALIDATION_RELAY_H
#define OFFRAMP_CLI_VALIDATION_RELAY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/json.h"

/* Did it run across processors? */
bool validation_is_relay(const json_t *doc);

/* Its processors as a Markdown table, then a sentence about the outputs. */
enum status validation_relay_text(
    const json_t *doc, struct buf *out, struct err *err) MUST_CHECK;

#endif
