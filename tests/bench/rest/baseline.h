/* SPDX-License-Identifier: MIT */
/* baseline.h -- what the machine does without Offramp: the numbers that the
 * others are told against.  Helpers assert. */
#ifndef OFFRAMP_BENCH_REST_BASELINE_H
#define OFFRAMP_BENCH_REST_BASELINE_H

#include <stddef.h>
#include <sys/types.h>

/* Durable commits a second (WAL, synchronous FULL) of one row of 200 bytes
 * each, in a file of its own in `dir`. */
double baseline_commits(const char *dir, double seconds);

/* libmicrohttpd with offrampd's settings that answers everything with `len`
 * bytes, in a process of its own; its URL goes to `url`. */
pid_t baseline_echo(size_t len, char url[80]);

#endif
