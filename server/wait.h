/* SPDX-License-Identifier: MIT */
/*
 * wait.h -- requests that wait for a change: the bell that wakes them and
 * their deadlines.  Knows nothing of HTTP.  Any thread.
 *
 * A change between a handler's look at the store and waits_add() is not
 * missed: who waits says which bell it heard last.
 */
#ifndef OFFRAMP_SERVER_WAIT_H
#define OFFRAMP_SERVER_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* One who waits; storage of the caller, zeroed at first and untouched from
 * waits_add() until `wake` is called or waits_drop() returns.  `wake` may be
 * called before waits_add() returns, on any thread, and must not call waits_*.
 */
struct waiter {
    void (*wake)(struct waiter *w);
    bool for_work; /* an agent that asks for a task; false: who watches one */
    int64_t deadline_ns; /* clock_ns() */
    struct waiter *prev, *next;
};

struct waits; /* opaque: see wait.c */

/* Starts the thread that watches the deadlines. */
enum status waits_new(struct waits **out, struct err *err) MUST_CHECK;

/* Ends that thread.  Nobody may be waiting: call waits_stop() first. */
void waits_free(struct waits *s);

/* How often the bell has rung. */
uint64_t waits_heard(struct waits *s);

/* Wait for the bell or the deadline, whichever is first.  False where the
 * bell rang after `heard` or waiting is over: then `w` is not kept. */
bool waits_add(struct waits *s, struct waiter *w, uint64_t heard);

/* Wait no longer, without being woken; where `w` was woken, nothing. */
void waits_drop(struct waits *s, struct waiter *w);

/* Wake everybody: there may be work. */
void waits_ring(struct waits *s);

/* Wake those who watch: something goes on, but there is no new work.  A
 * thousand agents need not look in vain at each heartbeat of one. */
void waits_ring_watchers(struct waits *s);

/* Wake everybody, and let nobody wait from now on. */
void waits_stop(struct waits *s);
bool waits_stopped(struct waits *s);

/* How many wait now. */
int waits_count(struct waits *s);

#endif
