/* SPDX-License-Identifier: MIT */
/* noise.h -- 10,000 layer runs over a line that damages 1 % of its bytes. */
#ifndef OFFRAMP_BENCH_NOISE_H
#define OFFRAMP_BENCH_NOISE_H

#include <stdbool.h>

/* Prints what happened; true if no result was wrong. */
bool noise_report(void);

#endif
