/* SPDX-License-Identifier: MIT */
/*
 * poll.h -- agents that ask for work in a long poll, each on a thread of its
 * own, and what the server counts of them.  Helpers assert: a failure ends the
 * test.
 */
#ifndef OFFRAMP_TEST_E2E_POLL_H
#define OFFRAMP_TEST_E2E_POLL_H

#include <pthread.h>

#include "e2e/place.h"

/* The value of a metric without labels. */
int poll_metric(const char *url, const char *name);

/* Wait until exactly so many polls wait. */
void poll_until(const char *url, int waiting);

struct poll {
    pthread_t thread;
    const char *url;
    char session[80];
    char device[16]; /* its one device; "": it has none */
    int http;        /* 0: the call failed */
};

/* Open a session of `agent` that does tasks of the kind `kind`; `device` NULL:
 * without one. */
void poll_open(struct poll *p, const char *url, const char *agent,
    const char *kind, const char *device);

/* Close it: all who wait look again. */
void poll_close(const struct poll *p);

/* Ask once, and wait; `ctx` is the struct poll.  For pthread_create(), or to
 * call. */
void *poll_ask(void *ctx);

/* A connection whose client has asked for work as that session. */
int poll_socket(const struct poll *p);

/* A connection to the server. */
int poll_connect(const char *url);

#endif
