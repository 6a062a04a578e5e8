/* SPDX-License-Identifier: MIT */
/*
 * daemon.h -- a real offrampd as a child process, for tests in C.  It prints
 * its address once it answers, so nobody polls or sleeps.  Helpers assert: a
 * failure ends the test; call them from the main thread.
 */
#ifndef OFFRAMP_TEST_E2E_DAEMON_H
#define OFFRAMP_TEST_E2E_DAEMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

struct daemon {
    pid_t pid;
    int out; /* its standard output */
    char url[80];
    int64_t started_ns; /* from fork to the address */
};

/* Start it with these options, ended by NULL. */
void daemon_start(struct daemon *d, const char *const *options);

/* The same, for one that refuses to start: its exit code. */
int daemon_refusal(const char *const *options);

/* Send `sig` and wait for the end: the wait status. */
int daemon_end(struct daemon *d, int sig);

/* The processor's time that it took so far. */
int64_t daemon_cpu_ns(const struct daemon *d);

/* Resident memory now, in kB. */
long daemon_rss_kb(const struct daemon *d);

#endif
