/* SPDX-License-Identifier: MIT */
/*
 * crew.h -- threads that wait for rounds of work: crew_run() has every member
 * do the same function once, the caller's thread among them as member 0.
 */
#ifndef OFFRAMP_SEARCH_CREW_H
#define OFFRAMP_SEARCH_CREW_H

#include "base/status.h"

struct crew; /* opaque: see crew.c */

/* `members` - 1 threads are started.  ST_NOMEM; end with crew_free(). */
enum status crew_new(
    struct crew **out, int members, struct err *err) MUST_CHECK;

/* Ends the threads.  NULL is ignored. */
void crew_free(struct crew *c);

/* work(ctx, member) on each member; returns when all have done it. */
void crew_run(struct crew *c, void (*work)(void *ctx, int member), void *ctx);

#endif
