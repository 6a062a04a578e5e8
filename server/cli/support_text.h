/* SPDX-License-Identifier: MIT */
/* support_text.h -- what of a network a device cannot run, for people.  One
 * thread. */
#ifndef OFFRAMP_CLI_SUPPORT_TEXT_H
#define OFFRAMP_CLI_SUPPORT_TEXT_H

#include <jansson.h>

/* Print the layers and exits' parts among a profile's rows that `device` cannot
 * run, each with its reason; nothing where it runs all of them. */
void support_print(const json_t *rows, const char *device);

#endif
