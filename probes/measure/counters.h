/* SPDX-License-Identifier: MIT */
/* counters.h -- what one execution costs in hardware events, in a pass of its
 * own (measurement.md 9). */
#ifndef OFFRAMP_MEASURE_COUNTERS_H
#define OFFRAMP_MEASURE_COUNTERS_H

#include <jansson.h>

#include "probes/measure/subject.h"
#include "probes/meters/meter.h"

/*
 * Count a calibrated subject, one group of events after the other.  *out is a
 * new object {"PAPI_TOT_CYC":1.5, ..}, counts an execution (whose counters
 * they are is in the environment record);
 * an impossible one (none at all, or a total that went down) is null.  Sets
 * counter_pass_mismatch in *flags where groups disagree on cycles by over 5 %
 * or a count was impossible.
 */
enum status counters_measure(const struct meter_handle *meter,
    struct subject *s, json_t **out, int64_t *flags,
    struct err *err) MUST_CHECK;

#endif
