/* SPDX-License-Identifier: MIT */
/*
 * pass_insitu.h -- L0 and L1 together: the whole network plain and under the
 * runtime's profiler, turn about, and from the profiler's file the layers in
 * situ (measurement.md 8).
 */
#ifndef OFFRAMP_MEASURE_PASS_INSITU_H
#define OFFRAMP_MEASURE_PASS_INSITU_H

#include "probes/measure/pass.h"

/* Can this setup measure L1? */
bool pass_insitu_here(const struct profile_setup *setup);

/*
 * Jobs [from, to) are the plain network and the profiled one.  Adds the rows
 * of the layers and of __dispatch__, and sets the profiler's closure_rel,
 * overhead_rel and dispatch_ns.  A trace that cannot be read costs those, not
 * the job.
 */
enum status pass_insitu(struct profiler *p, struct pass *pass, size_t from,
    size_t to, struct err *err) MUST_CHECK;

#endif
