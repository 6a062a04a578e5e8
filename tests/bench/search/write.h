/* SPDX-License-Identifier: MIT */
/* write.h -- a search as JSON on stdout, for highs.py and
 * frugal.py. */
#ifndef OFFRAMP_BENCH_WRITE_H
#define OFFRAMP_BENCH_WRITE_H

#include "search/solve/solve.h"

/* Size, costs, floor, and the score, bin and answer of every sample at every
 * exit. False if the input is refused or memory is short. */
bool write_instance(const struct solve_data *d, const struct solve_options *o);

#endif
