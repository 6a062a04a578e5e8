/* SPDX-License-Identifier: MIT */
/*
 * env.h -- the environment record: under which conditions a number was made
 * (measurement.md 11).
 *
 * The stable part decides whether two numbers may be compared and whether one
 * may stand for the other; what this machine does not tell is null.  Read
 * once a session or job; any thread.
 */
#ifndef OFFRAMP_MEASURE_ENV_H
#define OFFRAMP_MEASURE_ENV_H

#include <jansson.h>

#include "base/hash.h"
#include "probes/measure/clocktest.h"
#include "probes/measure/host.h"

struct env_facts {
    const char *runtime, *runtime_version; /* NULL: unknown */
    const char *counter_source;            /* "papi", or NULL */
    const char *energy_sensor;             /* event name, or NULL */
    int64_t threads;
};

/* A new object, or NULL when out of memory. */
json_t *env_stable(const struct env_facts *facts);

/* What happened meanwhile, as {..}; NULL when out of memory. */
json_t *env_volatile(const struct watch *job, const struct clocktest *clock,
    int64_t utc_start_ms, int64_t utc_end_ms);

/* Hash of the stable part without the board's serial number: boards of one
 * model share it.  ST_NOMEM. */
enum status env_fingerprint(
    const json_t *stable, char out[HASH_HEX], struct err *err) MUST_CHECK;

/* Hash of any document's canonical text.  ST_NOMEM. */
enum status env_hash(
    const json_t *o, char out[HASH_HEX], struct err *err) MUST_CHECK;

#endif
