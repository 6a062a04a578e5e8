/* SPDX-License-Identifier: MIT */
/* warmup.h -- run until the times settle (measurement.md 3). */
#ifndef OFFRAMP_MEASURE_WARMUP_H
#define OFFRAMP_MEASURE_WARMUP_H

#include "probes/measure/subject.h"

struct warmup {
    int64_t least_ns;  /* 0.5 s by default; at least 3 executions besides */
    int64_t window_ns; /* 50 ms */
    int64_t cap_ns;    /* 10 s: then go on, marked not_steady */
};

/* The three times for a policy's `warmup_s`, within `share_ns` a subject. */
struct warmup warmup_for(double warmup_s, int64_t share_ns);

/* The same for one of several things that are warmed up one after another: the
 * first has brought the processor up, so three executions are enough before
 * the windows that show whether it is steady. */
struct warmup warmup_next(struct warmup w);

/*
 * Steady: the last 3 window medians differ by under 2 % and do not rise or
 * fall all the way.  Records the first execution in s->first_ns.
 */
enum status warmup_run(struct subject *s, const struct host *host,
    const struct warmup *w, struct err *err) MUST_CHECK;

#endif
