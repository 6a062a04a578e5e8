/* SPDX-License-Identifier: MIT */
/*
 * trapezoid.h -- energy from a sensor that only tells power: samples, summed
 * by the trapezoid rule, and those that did not come in time (measurement.md
 * 10).  Pure: no clock, no I/O.
 */
#ifndef OFFRAMP_METERS_TRAPEZOID_H
#define OFFRAMP_METERS_TRAPEZOID_H

#include <stdint.h>

struct trapezoid {
    int64_t period_ns; /* a sample is due this long after the last one */
    int64_t last_ns;
    double last_w, total_nj;
    uint64_t taken, dropped;
};

/* Start at zero; samples shall come every `period_ns`. */
void trapezoid_start(struct trapezoid *t, int64_t period_ns);

/*
 * Add a sample.  A gap of twice the period or more counts the samples that
 * are missing in it as dropped, as does a sample that is no number or older
 * than the last one: those add no energy.
 */
void trapezoid_add(struct trapezoid *t, int64_t at_ns, double watts);

#endif
