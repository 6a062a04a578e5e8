/* SPDX-License-Identifier: MIT */
/*
 * bend.h -- JSON documents with something wrong in them, as a fuzzer's bytes
 * say: four of them name a value of the document and what becomes of it.
 */
#ifndef OFFRAMP_TESTS_API_BEND_H
#define OFFRAMP_TESTS_API_BEND_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* Change `doc` in place, once for each whole four bytes. */
void bend(json_t *doc, const uint8_t *data, size_t len);

#endif
