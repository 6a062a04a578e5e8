/* SPDX-License-Identifier: MIT */
/* pass_count.h -- the measure of a network under an emulator: instructions an
 * execution, exact, and no time. */
#ifndef OFFRAMP_MEASURE_PASS_COUNT_H
#define OFFRAMP_MEASURE_PASS_COUNT_H

#include "probes/measure/pass.h"

enum status pass_count(struct profiler *p, struct pass *pass, size_t from,
    size_t to, struct err *err) MUST_CHECK;

#endif
