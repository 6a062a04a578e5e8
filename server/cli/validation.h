/* SPDX-License-Identifier: MIT */
/* validation.h -- a plan run for real, on a terminal. */
#ifndef OFFRAMP_CLI_VALIDATION_H
#define OFFRAMP_CLI_VALIDATION_H

#include "server/cli/client.h"

/* Print a validation (predicted against measured), or with --json the whole
 * document. */
enum status validation_print(
    const struct client *c, const json_t *doc, struct err *err) MUST_CHECK;

/* Follow validation `id` to its end and print it. */
enum status validation_follow(
    struct client *c, int64_t id, struct err *err) MUST_CHECK;

#endif
