/* SPDX-License-Identifier: MIT */
/*
 * stand.h -- a scripted machine (fake.h) with works on it, ready for rounds.
 * Helpers assert: a failure ends the test.
 */
#ifndef OFFRAMP_TESTS_MEASURE_STAND_H
#define OFFRAMP_TESTS_MEASURE_STAND_H

#include "fake.h"
#include "probes/measure/clocktest.h"
#include "probes/measure/rounds.h"
#include "probes/measure/stats.h"

enum { MAX_WORKS = 4 };

struct stand {
    struct fake_machine machine;
    struct fake_work work[MAX_WORKS], golden;
    struct subject subject[MAX_WORKS], sentinel;
    struct clocktest clock;
    struct rng rng;
    struct rounds_plan plan;
    struct rounds_result result;
    size_t n;
};

/* `n` works of 10, 20, .. us with a little noise; the caller ends it with
 * stand_clear(). */
void stand_init(struct stand *t, size_t n);
void stand_clear(struct stand *t);

/* Calibrate what has no count of executions yet, and run the rounds. */
void stand_run(struct stand *t);

/* The statistics and flags of a work. */
int64_t flags_of(const struct stand *t, size_t i, struct stats *s);

#endif
