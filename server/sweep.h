/* SPDX-License-Identifier: MIT */
/* sweep.h -- the queue's clock: a thread that ends what is over, every
 * second: leases, tasks that waited too long, old idempotency keys. */
#ifndef OFFRAMP_SERVER_SWEEP_H
#define OFFRAMP_SERVER_SWEEP_H

#include "base/status.h"

struct sweep; /* opaque: see sweep.c */
struct server;

/* `server` must outlive it.  On ST_OK the caller ends *out with
 * sweep_stop(), which waits for the thread; NULL is ignored. */
enum status sweep_start(
    struct sweep **out, struct server *server, struct err *err) MUST_CHECK;
void sweep_stop(struct sweep *s);

#endif
