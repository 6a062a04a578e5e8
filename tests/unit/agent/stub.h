/* SPDX-License-Identifier: MIT */
/*
 * stub.h -- a server that only knows the agents' calls, says what a test
 * scripted, and remembers every call.
 *
 * Test thread and HTTP threads share it under a lock; all functions are the
 * test thread's.
 */
#ifndef OFFRAMP_TEST_STUB_H
#define OFFRAMP_TEST_STUB_H

#include <stdbool.h>

#include "base/hash.h"
#include "base/json.h"

struct stub;

/* A server on a free port of loopback, not yet up. */
struct stub *stub_new(void);
void stub_free(struct stub *s);

/* Listen; going down cuts long polls off.  It keeps its port. */
void stub_up(struct stub *s);
void stub_down(struct stub *s);
const char *stub_url(const struct stub *s);

/* Lease this next (stolen). */
void stub_lease(struct stub *s, json_t *lease);

/* What results and the like are answered from now on. */
void stub_result_status(struct stub *s, int http);

/* Heartbeats name this lease under `cancel`. */
void stub_cancel(struct stub *s, int lease);
/* They name this one under `finish`. */
void stub_finish(struct stub *s, int lease);

/* The session is not known any more. */
void stub_forget_session(struct stub *s);

void stub_drain(struct stub *s, bool drain);

/* Hand out these bytes as blob `hex`, right or wrong. */
void stub_blob(struct stub *s, const char *hex, const char *text);

/*
 * Wait (10 s) for the next call, after the ones waited for before, whose
 * "METHOD /path" begins with `call`; its number and a copy of its body, which
 * the caller frees (may be NULL: not wanted).  Fails the test when none comes.
 */
int stub_wait(struct stub *s, const char *call, json_t **body);

/* How many calls so far begin with `call`. */
int stub_count(struct stub *s, const char *call);

/* Number of the first such call, or -1. */
int stub_find(struct stub *s, const char *call);

/* The header of a call: "Lease-Epoch" and "Authorization" are kept. */
const char *stub_header(struct stub *s, int call, const char *name);

#endif
