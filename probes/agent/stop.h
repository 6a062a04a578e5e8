/* SPDX-License-Identifier: MIT */
/*
 * stop.h -- being asked to end, and waiting so that one can be asked.
 *
 * A `struct stop` is written by a signal handler and read by every thread.
 */
#ifndef OFFRAMP_AGENT_STOP_H
#define OFFRAMP_AGENT_STOP_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/status.h"

struct stop {
    atomic_bool flag; /* end now */
    int fd;           /* readable from then on */
};

/* SIGTERM and SIGINT set the one stop of this process from now on; SIGPIPE is
 * ignored.  It stays valid until the process ends. */
enum status stop_on_signals(
    const struct stop **out, struct err *err) MUST_CHECK;

/* Wait; true at once when asked to end. */
bool stop_wait(const struct stop *s, double seconds);

/* The waits between failed attempts: 1, 2, 4 .. 60 s, each with up to 20 %
 * taken off, so that agents that lost a server do not return as one.  Start
 * as {0}; set to {0} after a success. */
struct backoff {
    int failures;
};
double backoff_next_s(struct backoff *b);

#endif
