/* SPDX-License-Identifier: MIT */
/*
 * waiters.h -- many agents in long polls, each on a connection of its own, on
 * one thread.  Helpers end the program where something fails.
 */
#ifndef OFFRAMP_BENCH_REST_WAITERS_H
#define OFFRAMP_BENCH_REST_WAITERS_H

#include <stddef.h>
#include <stdint.h>

struct waiters; /* opaque: see waiters.c */

/* `n` agents open sessions at `url` and ask for work: equal ones that check
 * data sets, or boards, agent i with the device "bench-i" alone, that measure
 * links. */
enum waiters_are { WAITERS_EQUAL, WAITERS_BOARDS };
struct waiters *waiters_new(const char *url, size_t n, enum waiters_are are);
void waiters_free(struct waiters *w);

/* Wait until one of them is given a task; others that are told there is none
 * ask again.  The result of a data set is sent, and it waits again.  The time
 * at which the lease had come. */
int64_t waiters_next(struct waiters *w);

#endif
