/* SPDX-License-Identifier: MIT */
/*
 * plain.h -- is this text that may be shown?  Names come from strangers and
 * end on terminals, where a control character is a command.
 *
 * Pure; any thread.
 */
#ifndef OFFRAMP_BASE_PLAIN_H
#define OFFRAMP_BASE_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

/* UTF-8 (RFC 3629) without control characters other than tab and line ends:
 * no NUL, no escape, none of U+007F to U+009F. */
bool plain_text(const char *s, size_t n);

/* Replace each byte that is none of that by a question mark: what a cut left
 * of a character too. */
void plain_mend(char *s);

#endif
