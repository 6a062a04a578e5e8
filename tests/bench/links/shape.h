/* SPDX-License-Identifier: MIT */
/*
 * shape.h -- a link of known rate and delay: a process between the two ends
 * that passes bytes on as late as such a link would.  Each way for itself: a
 * byte leaves once those before it have, at `bytes_per_s`, and is there
 * `delay_ns` later.
 */
#ifndef OFFRAMP_BENCH_SHAPE_H
#define OFFRAMP_BENCH_SHAPE_H

#include <stdint.h>
#include <sys/types.h>

struct shape {
    double bytes_per_s; /* INFINITY: as fast as it goes */
    int64_t delay_ns;   /* each way */
};

/* Between a port of its own, which *port is, and `to` on this machine, for one
 * connection.  It ends once all of it has come through; shape_stop() waits. */
pid_t shape_start(const struct shape *s, int to, int *port);
void shape_stop(pid_t child);

#endif
