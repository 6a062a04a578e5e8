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

#include "base/env_digest.h"
#include "probes/measure/clocktest.h"
#include "probes/measure/host.h"
#include "probes/meters/meter.h"

struct env_facts {
    const char *runtime, *runtime_version; /* NULL: unknown */
    const char *counter_source;            /* "papi", or NULL */
    const char *energy_sensor;             /* event name, or NULL */
    const struct meter_facts *energy;      /* of that sensor, or NULL */
    int64_t threads;
};

/* A new object, or NULL when out of memory. */
json_t *env_stable(const struct env_facts *facts);

/* What a job tells of itself; all borrowed. */
struct env_job {
    const struct watch *watch;
    const struct clocktest *clock;
    const json_t *meters; /* which were tried; NULL: none */
    int64_t utc_start_ms, utc_end_ms;
    int64_t loop_ns;   /* in loops whose time was taken, warm-up too */
    int64_t sample_ns; /* of that, what became epochs */
    json_t *spent;     /* spending_json(): stolen */
    size_t rounds_kept, rounds_discarded;
    double pace_spread; /* pace.h, of the pass where it was widest */
};

/* What happened meanwhile, as {..}; NULL when out of memory. */
json_t *env_volatile(const struct env_job *job);

#endif
