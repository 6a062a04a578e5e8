/* SPDX-License-Identifier: MIT */
/*
 * fake.h -- a machine and work on it, scripted: time passes only when the
 * script says so, so every test gives the same numbers everywhere.
 */
#ifndef OFFRAMP_TESTS_MEASURE_FAKE_H
#define OFFRAMP_TESTS_MEASURE_FAKE_H

#include "probes/measure/host.h"
#include "base/rng.h"
#include "probes/measure/subject.h"

struct fake_machine {
    struct host host; /* hand this out */
    double now_ns;
    int64_t read_cost_ns; /* of one look at the clock */
    int64_t resolution_ns;
    double slowdown; /* all work takes this times its cost; 1 is normal */
    double creep;    /* slowdown grows by this share every busy second */
    int64_t interruptions, sleeps;
    double others_share; /* of the machine, used by others */
    struct host_sample sample;
    double busy_ns;
    bool cold; /* the caches were flushed */
    int64_t flushes;
};

/* A normal machine: 1 ns resolution, 20 ns a read. */
void fake_machine_init(struct fake_machine *m);

struct fake_work {
    struct fake_machine *machine;
    struct rng rng;
    double cost_ns; /* of one execution */
    double noise;   /* relative, uniform, new for every call */
    double memory;  /* share of the last call's noise that stays: AR(1) */
    double second;  /* factor of a second mode; 0: none */
    double second_odds;
    double interrupt_odds; /* a call is preempted */
    double settle;         /* extra share that halves with every execution */
    double last;           /* state of the AR(1) */
    int64_t executions, calls;
    bool broken; /* run fails */
};

/* `w` as a subject; the script is in `w`. */
void fake_work_init(struct fake_work *w, struct fake_machine *m, double cost_ns,
    struct subject *s);

#endif
