/* SPDX-License-Identifier: MIT */
/*
 * spending.h -- where the time of a job goes: every moment of it is one use.
 *
 * Whoever begins something else turns to its use, and back when done, so the
 * uses always add up to the job.  One thread; owned by the profiler.
 */
#ifndef OFFRAMP_MEASURE_SPENDING_H
#define OFFRAMP_MEASURE_SPENDING_H

#include <jansson.h>

#include "probes/measure/host.h"

enum spend {
    SPEND_START,   /* meters and the clock proved, the sentinel warmed up */
    SPEND_CHECK,   /* outputs held against the reference */
    SPEND_OPEN,    /* sessions of the runtime made and ended */
    SPEND_WARM_UP, /* until times are steady; how long an epoch is */
    SPEND_ROUNDS,  /* rounds of epochs and sentinel readings */
    SPEND_WAIT,    /* for a machine that slowed to come back */
    SPEND_TRACE,   /* the runtime's own profile: its cost, and reading it */
    SPEND_METERS,  /* counters and energy */
    SPEND_REST,    /* rows written and handed over */
    SPEND_COUNT
};

struct spending {
    const struct host *host; /* borrowed */
    enum spend use;          /* the present one */
    int64_t since_ns;        /* when it began */
    int64_t ns[SPEND_COUNT];
};

/* Begin with SPEND_START at `since_ns` of the host's clock. */
void spending_start(
    struct spending *s, const struct host *host, int64_t since_ns);

/* From now on time is of `use`; returns what it was until now.  NULL: nobody
 * keeps account. */
enum spend spending_turn(struct spending *s, enum spend use);

/* What each use took so far, in seconds: {"start":..}.  NULL when out of
 * memory. */
json_t *spending_json(struct spending *s);

#endif
