/* SPDX-License-Identifier: MIT */
/* recorded.h -- real exit records of ../shared/data, with made-up costs. */
#ifndef OFFRAMP_BENCH_RECORDED_H
#define OFFRAMP_BENCH_RECORDED_H

#include <stdbool.h>

#include "search/solve/solve.h"

bool recorded_exists(const char *file);

/* Records of exit-records/`file`; an answer is right if it is the label.
 * Segments are equal, heads 2 %, a million in all.  On true the caller ends
 * *out with generate_clear(). */
bool recorded_load(const char *file, struct solve_data *out);

#endif
