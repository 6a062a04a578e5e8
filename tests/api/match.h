/* SPDX-License-Identifier: MIT */
/*
 * match.h -- is an answer what a case expects?
 *
 * Objects may have more members than expected, arrays not more items.
 * Numbers agree to nine digits.  In place of a value a case can say
 * {"$has": "text"} (a string with that in it), {"$type": "integer"} (also
 * number, string, object, array) or {"$items": n} (an array of n items).
 */
#ifndef OFFRAMP_TESTS_API_MATCH_H
#define OFFRAMP_TESTS_API_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* If not, `why` says where and how. */
bool match(const json_t *expected, const json_t *got, char *why, size_t cap);

#endif
