/* SPDX-License-Identifier: MIT */
/* pass_cold.h -- the measure of L3: single executions, each after the caches
 * were made to forget everything. */
#ifndef OFFRAMP_MEASURE_PASS_COLD_H
#define OFFRAMP_MEASURE_PASS_COLD_H

#include "probes/measure/pass.h"

enum status pass_cold(struct profiler *p, struct pass *pass, size_t from,
    size_t to, struct err *err) MUST_CHECK;

#endif
