/* SPDX-License-Identifier: MIT */
/*
 * tracecost.h -- what the runtime's profiler itself adds to every kernel's
 * time: it describes a kernel's tensors while its clock runs.
 *
 * Measured on networks of small kernels, in blocks with and without the
 * profiler: the difference is the profiler's, once a kernel and once an input.
 * Long chains of kernels against short ones leave out what a run costs
 * whatever its kernels are.
 */
#ifndef OFFRAMP_MEASURE_TRACECOST_H
#define OFFRAMP_MEASURE_TRACECOST_H

#include "probes/measure/host.h"
#include "probes/runtimes/runtime.h"

struct tracecost {
    double kernel_ns; /* of a kernel with one input */
    double input_ns;  /* more for every further input */
};

/* `trace` as in net_options.  Fails like net_open(), net_run(), net_trace(). */
enum status tracecost_measure(struct tracecost *out, struct runtime *rt,
    const char *trace, const struct host *host, struct err *err) MUST_CHECK;

/* Of a kernel with this many inputs. */
double tracecost_of(const struct tracecost *c, size_t inputs);

#endif
