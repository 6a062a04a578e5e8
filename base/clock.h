/* SPDX-License-Identifier: MIT */
/* clock.h -- monotonic time for measuring, UTC for people and the store. */
#ifndef OFFRAMP_BASE_CLOCK_H
#define OFFRAMP_BASE_CLOCK_H

#include <stdint.h>

enum { CLOCK_TEXT = 32 };

/* CLOCK_MONOTONIC in ns.  Only differences mean anything. */
int64_t clock_ns(void);

/* Milliseconds since 1970-01-01 UTC. */
int64_t clock_utc_ms(void);

/* When something began, by both clocks, so that a step of the system's clock
 * never puts its end before its beginning. */
struct clock_start {
    int64_t utc_ms, ns;
};
struct clock_start clock_start(void);

/* UTC now, as far from the start as the monotonic clock says. */
int64_t clock_utc_since(const struct clock_start *start);

/* "2026-11-21T01:02:03.456Z". */
void clock_utc_text(int64_t utc_ms, char out[CLOCK_TEXT]);

/* Read such a text (the fraction may be absent); -1 where it is none. */
int64_t clock_utc_parse(const char *text);

/* Sleep for `ns`, restarted after signals. */
void clock_sleep_ns(int64_t ns);

#endif
