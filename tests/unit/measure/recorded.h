/* SPDX-License-Identifier: MIT */
/* recorded.h -- a meter that plays back: energy or power from a power curve
 * on the scripted machine's clock, or counters from a table of groups. */
#ifndef OFFRAMP_TESTS_MEASURE_RECORDED_H
#define OFFRAMP_TESTS_MEASURE_RECORDED_H

#include "fake.h"
#include "probes/meters/meter.h"
#include "probes/meters/trapezoid.h"

/* A package that draws idle_w, and busy_w more while the machine works. */
struct recorded_energy {
    struct fake_machine *machine;
    double idle_w, busy_w;
    double warming_w_s; /* more idle power every second */
    uint64_t start;     /* of the register */
    struct meter_facts facts;
    bool stuck, backwards;
    int reads;
};
struct meter_handle recorded_energy(
    struct recorded_energy *r, struct fake_machine *m);

/* A sensor of power, sampled: the same curve through the trapezoid rule.  Of
 * each thousand samples `lost` do not come. */
struct recorded_power {
    struct fake_machine *machine;
    double idle_w, busy_w;
    int lost;
    double at_ns, busy_ns; /* of the last sample that came, or was lost */
    int64_t n;
    struct trapezoid sum;
    struct meter_facts facts;
};
struct meter_handle recorded_power(
    struct recorded_power *r, struct fake_machine *m);

/* Counts an execution, a group a row: cycles and one more. */
struct recorded_counters {
    const struct fake_work *work;
    double cycles[3], other[3];
    const char *names[3];
    bool backwards;
    size_t groups, group;
    struct meter_facts facts;
};
struct meter_handle recorded_counters(
    struct recorded_counters *r, const struct fake_work *w);

#endif
