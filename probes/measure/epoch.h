/* SPDX-License-Identifier: MIT */
/* epoch.h -- how many executions one reading of the clock covers
 * (measurement.md 4). */
#ifndef OFFRAMP_MEASURE_EPOCH_H
#define OFFRAMP_MEASURE_EPOCH_H

#include "base/rng.h"
#include "probes/measure/subject.h"

/* How long an epoch shall last on this clock: 1000 steps, 100 reads or
 * `at_least_ns`, whichever is longest, and at most 100 ms. */
int64_t epoch_target_ns(const struct clocktest *clock, int64_t at_least_ns);

/* Find s->n: grow it until an epoch lasts `target_ns`.  A subject of single
 * executions gets a block of them instead, 64 at most. */
enum status epoch_calibrate(struct subject *s, const struct host *host,
    int64_t target_ns, struct err *err) MUST_CHECK;

/* One epoch of n x (1 + u) executions, u in 0..0.2 at random against
 * resonance with anything periodic: adds its value, or its values. */
enum status epoch_run(struct subject *s, const struct host *host,
    struct rng *rng, struct err *err) MUST_CHECK;

#endif
