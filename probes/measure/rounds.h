/* SPDX-License-Identifier: MIT */
/*
 * rounds.h -- random interleaved rounds with a sentinel, and when to stop
 * (measurement.md 5 and 6).
 *
 * A round runs every subject that is not done once, in a seeded random order,
 * between two readings of the sentinel kernel.  A sentinel that slowed by
 * more than 5 % sets the round aside; by more than 2 % marks it.  Looks are
 * taken only after 11, 16, 24, 36, 54, 81, 122 and 183 kept rounds.
 */
#ifndef OFFRAMP_MEASURE_ROUNDS_H
#define OFFRAMP_MEASURE_ROUNDS_H

#include "base/rng.h"
#include "probes/measure/spending.h"
#include "probes/measure/subject.h"

struct rounds_plan {
    double ci_rel;           /* 0.01: half-width over median, at 99 % */
    size_t max_rounds;       /* 183 */
    size_t least_singles;    /* for subjects of single executions: p99 */
    int64_t layer_budget_ns; /* of one subject */
    int64_t deadline_ns;     /* on the host's clock; one round is kept in any
                                case, so no row is ever lost */
    bool pair; /* no shuffling: A B, B A, .. and nobody stops before all */
    void (*tick)(void *ctx); /* MAY: called after every round */
    void *tick_ctx;
    struct spending *spending; /* MAY: the job's account */
};

struct rounds_result {
    size_t kept, discarded;
    int64_t waited_ns;
    double spread;         /* of the sentinel (pace.h) */
    bool thermal_unstable; /* slower three times over: stopped */
};

/* Measure `n` calibrated subjects; `sentinel` is a calibrated one of its own.
 * Every subject leaves with a stop reason. */
enum status rounds_run(struct subject *const *subjects, size_t n,
    struct subject *sentinel, const struct rounds_plan *plan,
    const struct host *host, struct rng *rng, struct rounds_result *out,
    struct err *err) MUST_CHECK;

/* True if a look is due after `kept` rounds. */
bool rounds_look(size_t kept);

#endif
