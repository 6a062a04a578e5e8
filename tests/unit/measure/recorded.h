/* SPDX-License-Identifier: MIT */
/* recorded.h -- a meter that plays back: energy from a power curve on the
 * scripted machine's clock, or counters from a table of groups. */
#ifndef OFFRAMP_TESTS_MEASURE_RECORDED_H
#define OFFRAMP_TESTS_MEASURE_RECORDED_H

#include "fake.h"
#include "probes/meters/meter.h"

/* A package that draws idle_w, and busy_w more while the machine works. */
struct recorded_energy {
    struct fake_machine *machine;
    double idle_w, busy_w;
    uint64_t start; /* of the register */
    struct meter_facts facts;
    bool stuck, backwards;
    int reads;
};
struct meter_handle recorded_energy(
    struct recorded_energy *r, struct fake_machine *m);

/* Counts an execution, a group a row: cycles and one more. */
struct recorded_counters {
    const struct fake_work *work;
    double cycles[3], other[3];
    const char *names[3];
    size_t groups, group;
    struct meter_facts facts;
};
struct meter_handle recorded_counters(
    struct recorded_counters *r, const struct fake_work *w);

#endif
