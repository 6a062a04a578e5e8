/* SPDX-License-Identifier: MIT */
/*
 * pace.h -- clients must get on: what a connection is at (sending a request's
 * head, its body, taking the answer) has a time by which it must be over, else
 * the connection is cut.  A limit of silence alone, as libmicrohttpd has it,
 * lets a byte now and then hold a connection for ever.  Knows sockets and no
 * HTTP.  Any thread, one at a time for one connection.
 */
#ifndef OFFRAMP_SERVER_PACE_H
#define OFFRAMP_SERVER_PACE_H

#include <stdint.h>

#include "base/status.h"

/* Bodies and answers may be long: they must come at so many bytes in a second
 * at least, over all. */
enum { PACE_BYTES_PER_S = 1024 };

struct pace;  /* all connections */
struct paced; /* one of them */

/* On ST_OK the caller ends *out with pace_free(), after the last pace_end(). */
enum status pace_new(struct pace **out, struct err *err) MUST_CHECK;
void pace_free(struct pace *p);

/* A connection whose first request must be there in `for_ns`; `fd` stays the
 * caller's and open until pace_end().  NULL if out of memory. */
struct paced *pace_begin(struct pace *p, int fd, int64_t for_ns);

/* It was closed, or will be at once.  NULL is ignored. */
void pace_end(struct paced *c);

/* `for_ns` and the time of `bytes` from now on, whatever there was before.
 * NULL is ignored, here and below. */
void pace_allow(struct paced *c, int64_t for_ns, int64_t bytes);

/* So many bytes more came: later by their time, but not after `for_ns` from
 * now: who was fast may not rest on it. */
void pace_more(struct paced *c, int64_t for_ns, int64_t bytes);

/* It is our turn: no limit until the next pace_allow(). */
void pace_rest(struct paced *c);

#endif
