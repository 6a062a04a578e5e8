/* SPDX-License-Identifier: MIT */
/*
 * cold.h -- make the caches forget what they hold: read and write a buffer of
 * twice the last-level cache (measurement.md, level L3).
 *
 * The owner keeps the buffer for as long as it measures; one thread uses it.
 */
#ifndef OFFRAMP_MEASURE_COLD_H
#define OFFRAMP_MEASURE_COLD_H

#include <stddef.h>

#include "base/status.h"

struct cold; /* opaque: the buffer */

/* Twice the largest cache that `cache_dir` ("/sys/../cpu0/cache") tells of;
 * 64 MiB where it tells of none, and never over 1 GiB. */
size_t cold_bytes(const char *cache_dir);

/* A buffer for this machine.  ST_NOMEM.  Ended with cold_close(). */
enum status cold_open(struct cold **out, struct err *err) MUST_CHECK;
void cold_close(struct cold *c);

/* Touch every line of it: what was cached before is no longer. */
void cold_flush(struct cold *c);

#endif
