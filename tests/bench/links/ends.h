/* SPDX-License-Identifier: MIT */
/*
 * ends.h -- the two ends of a link in this bench: a child that answers, and
 * this process, which asks.  One thread; ends the program where something
 * fails.
 */
#ifndef OFFRAMP_BENCH_ENDS_H
#define OFFRAMP_BENCH_ENDS_H

#include <sys/types.h>

#include "probes/transfer/tcp.h"

enum { ENDS_WAIT_MS = 20000 };

void must(enum status st, const struct err *err);

/* Stay on that processor; below 0: wherever there is room. */
void ends_pin(int cpu);

/* A process that does `run` with the open door, pinned; its parent learns the
 * child's id. */
struct ends {
    struct tcp_door *door;
    pid_t child;
};
void ends_start(struct ends *e, int cpu,
    void (*run)(struct tcp_door *d, void *ctx), void *ctx);
void ends_stop(struct ends *e);

/* A sweep from here to a child that answers; `port` 0: straight, else by that
 * one.  The door is e's. */
void ends_answer(struct tcp_door *d, void *ctx);
void ends_sweep(const char *host, int port, const char *secret,
    const struct sweep_policy *p, int64_t work_ns, struct sweep *out);

#endif
