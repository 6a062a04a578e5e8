/* SPDX-License-Identifier: MIT */
/* pass_meters.h -- the measures of the passes that read a meter: counters
 * (L4) and energy (L5).  They give rows without times. */
#ifndef OFFRAMP_MEASURE_PASS_METERS_H
#define OFFRAMP_MEASURE_PASS_METERS_H

#include "probes/measure/pass.h"

enum status pass_counters(struct profiler *p, struct pass *pass, size_t from,
    size_t to, struct err *err) MUST_CHECK;
enum status pass_energy(struct profiler *p, struct pass *pass, size_t from,
    size_t to, struct err *err) MUST_CHECK;

#endif
