/* SPDX-License-Identifier: MIT */
/*
 * pace.h -- how fast the machine itself is, by a sentinel kernel between
 * rounds: its readings, waiting for a machine that slowed, and how far it
 * wandered (measurement.md 5).
 *
 * A machine that is too warm is left alone until it has cooled.  Where no
 * thermometer says so, the sentinel runs on meanwhile: a processor that idles
 * may lower its clock, or give its place to others, and would never be back.
 * Such waits are a small share of the time in rounds; what is not back by then
 * is the machine's new pace, and is said (subject.h, `spread`).  One thread.
 */
#ifndef OFFRAMP_MEASURE_PACE_H
#define OFFRAMP_MEASURE_PACE_H

#include "probes/measure/spending.h"
#include "probes/measure/subject.h"

struct pace {
    const struct host *host;   /* borrowed, as are the next two */
    struct subject *sentinel;  /* calibrated */
    struct spending *spending; /* MAY */
    int64_t deadline_ns;
    int64_t begun_ns, waited_ns;
    double temp_start_c;
    double slowest_ns; /* of all paces that were taken for normal */
    int strikes;       /* how often that became slower yet */
    double *levels;    /* owned: the sentinel's mean, of each kept round */
    size_t n, cap;
};

void pace_start(struct pace *p, struct subject *sentinel,
    const struct host *host, int64_t deadline_ns, struct spending *spending);
void pace_clear(struct pace *p);

/* The fastest of a few readings: an interruption spoils one of them, a clock
 * that was lowered slows them all. */
enum status pace_read(
    struct pace *p, double *ns_out, struct err *err) MUST_CHECK;

/*
 * After a bad round: wait until the sentinel is within 2 % of `normal_ns` and
 * the machine no warmer than 2 C above the start.  A machine that is too warm
 * has a minute, and a tenth of the time that is left; any other a tenth of
 * the time in rounds so far for all waits together, and 50 ms for each.
 */
enum status pace_recover(
    struct pace *p, double normal_ns, struct err *err) MUST_CHECK;

/* Three times it came to rest over 5 % slower than ever before. */
bool pace_is_lost(const struct pace *p);

/* Note the pace of a round that is kept. */
enum status pace_keep(struct pace *p, double first_ns, double last_ns,
    struct err *err) MUST_CHECK;

/* How far the first `rounds` kept rounds lie apart, but for the slowest and
 * the fastest tenth: p90 over p10, less 1.  NaN without any. */
enum status pace_spread(const struct pace *p, size_t rounds, double *out,
    struct err *err) MUST_CHECK;

#endif
