/* SPDX-License-Identifier: MIT */
/*
 * wait.h -- requests that wait for a change: the bell that wakes them and
 * their deadlines.  Knows nothing of HTTP.  Any thread.
 *
 * Who watches something is woken by every bell.  An agent that asks for a task
 * is woken by name: one that can do a new task, not a thousand that cannot.
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
 * called before waits_add() returns, on any thread, and must not call waits_*;
 * nor must `gone`.
 */
struct waiter {
    void (*wake)(struct waiter *w);
    bool (*gone)(const struct waiter *w); /* MAY: nobody wants its answer */
    const void *ask;     /* of an agent that asks for a task, for waiter_fits;
                            borrowed; NULL: who watches something */
    int64_t task;        /* out: it was woken for this one; 0: for none */
    int tries;           /* out: how often that one may still be passed on */
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

/* Does who asks so do such work?  Both as they were given. */
typedef bool waiter_fits(const void *ask, const void *work);

/* Wake the agent that has waited longest of those who fit this task, and tell
 * it so; false: there is none.  It may find the task gone, or have gone itself:
 * who was woken so and did not take the task passes it on with one try less,
 * until none is left. */
enum { WAITS_TRIES = 16 };
bool waits_offer(struct waits *s, int64_t task, int tries, waiter_fits *fits,
    const void *work);

/* Wake those who are gone, so that they end and take no place. */
void waits_wake_gone(struct waits *s);

/* Wake everybody: there may be work. */
void waits_ring(struct waits *s);

/* Wake those who watch: something goes on, but there is no new work.  A
 * thousand agents need not look in vain at each heartbeat of one. */
void waits_ring_watchers(struct waits *s);

/* Wake everybody, and let nobody wait from now on. */
void waits_stop(struct waits *s);
bool waits_stopped(struct waits *s);

/* How many wait now; how often agents were woken to look for work. */
int waits_count(struct waits *s);
int64_t waits_woken(struct waits *s);

#endif
