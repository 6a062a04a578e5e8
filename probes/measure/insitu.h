/* SPDX-License-Identifier: MIT */
/*
 * insitu.h -- the runtime's own kernel times, run by run, as times of our
 * layers.
 *
 * A kernel belongs to the layer whose node or tensor it is named after.  What
 * only changes the layout of a tensor goes with the kernel that made it or
 * takes it.  A kernel that does the work of several layers counts for the one
 * that holds its anchor, and both are marked.  Times are whole quanta of the
 * profiler, rounded down: a seeded fraction is added to each, so that medians
 * are not steps, and what the profiler itself takes comes off.
 */
#ifndef OFFRAMP_MEASURE_INSITU_H
#define OFFRAMP_MEASURE_INSITU_H

#include "probes/measure/plan.h"
#include "base/rng.h"
#include "probes/measure/tracecost.h"
#include "probes/runtimes/runtime.h"

struct insitu; /* opaque */

struct insitu_layer {
    const double *ns; /* borrowed: one of each run asked for */
    double first_ns;  /* in the very first run */
    size_t kernels;   /* 0: another layer's kernel does it, or nothing */
    bool fused;       /* shares a kernel with another layer */
};

/*
 * Walk the trace of `net`.  `run[v]` is the run whose times are wanted as
 * value v of `n`.  ST_NOMEM, or what net_trace() fails with.  On ST_OK the
 * caller ends *out with insitu_free().
 */
enum status insitu_read(struct insitu **out, struct net *net,
    const struct plan *plan, const struct tracecost *cost, const size_t *run,
    size_t n, struct rng *rng, struct err *err) MUST_CHECK;
void insitu_free(struct insitu *t);

struct insitu_layer insitu_layer(const struct insitu *t, size_t layer);

/* The time of all kernels together, run by run, borrowed. */
const double *insitu_sum(const struct insitu *t);

int64_t insitu_quantum_ns(const struct insitu *t);

#endif
