/* SPDX-License-Identifier: MIT */
/* clocktest.h -- can this clock be trusted, and how fine is it?
 * (measurement.md 1.2) */
#ifndef OFFRAMP_MEASURE_CLOCKTEST_H
#define OFFRAMP_MEASURE_CLOCKTEST_H

#include "base/status.h"
#include "probes/measure/host.h"

struct clocktest {
    int64_t resolution_ns; /* smallest non-zero step of 10,000 reads */
    double cost_ns;        /* median step: the time of one read */
    bool monotonic, advances;
};

/* Read the clock 10,000 times.  ST_NOMEM. */
enum status clocktest_run(
    const struct host *host, struct clocktest *out, struct err *err) MUST_CHECK;

/* True unless the clock went back or stood still: `timer_suspect`. */
bool clocktest_ok(const struct clocktest *c);

#endif
