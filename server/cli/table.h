/* SPDX-License-Identifier: MIT */
/* table.h -- a profile's cost table on a terminal. */
#ifndef OFFRAMP_CLI_TABLE_H
#define OFFRAMP_CLI_TABLE_H

#include "server/cli/client.h"

/* Fetch profile `id` and print its layers, exits and closure (or, with
 * --json, the profile and its rows as one document). */
enum status table_print(
    struct client *c, int64_t id, struct err *err) MUST_CHECK;

#endif
