/* SPDX-License-Identifier: MIT */
/*
 * handover.h -- what handing a tensor over takes (../../../probes/relay),
 * beside what a sweep of the same link foretells.
 */
#ifndef OFFRAMP_BENCH_HANDOVER_H
#define OFFRAMP_BENCH_HANDOVER_H

#include "probes/measure/stats.h"
#include "probes/transfer/sweep.h"

/* One table for ends on these processors (below 0: any). */
void handover_table(const char *name, int asks, int answers);

#endif
