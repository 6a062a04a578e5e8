/* SPDX-License-Identifier: MIT */
/*
 * fake_runtime.h -- a runtime whose networks are text files:
 *
 *     "cost=5000 outputs=2 wrong=1 nan=0"
 *
 * `cost` in ns passes on the scripted machine for each execution; `cold` is
 * added to the first one after the caches were flushed; `wrong` and
 * `nan` (output numbers from 1) go bad in optimised runs.  Output k holds
 * k + 1 plus the sum of the inputs.
 *
 * "kernels=a:4000 b:500" is what its profiler sees of each run; it takes 2.5 us
 * of every kernel's time for itself, and as much again between kernels.  A net
 * from memory is the one that finds that out.
 */
#ifndef OFFRAMP_TESTS_MEASURE_FAKE_RUNTIME_H
#define OFFRAMP_TESTS_MEASURE_FAKE_RUNTIME_H

#include "fake.h"
#include "probes/runtimes/runtime.h"

struct fake_runtime {
    struct runtime base;
    struct fake_machine *machine;
    struct rng rng;
    double noise; /* relative, new for every execution */
    int open_nets, most_open;
    bool trace_broken;
};

void fake_runtime_init(struct fake_runtime *rt, struct fake_machine *m);

#endif
