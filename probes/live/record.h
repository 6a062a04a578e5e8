/* SPDX-License-Identifier: MIT */
/*
 * record.h -- the stream recorded: what every exit says of every row, by the
 * very parts that ran live, as exit records (CSV) that a replay takes; and
 * what the full network alone takes on them, for comparison.  One thread.
 */
#ifndef OFFRAMP_LIVE_RECORD_H
#define OFFRAMP_LIVE_RECORD_H

#include "base/buf.h"
#include "probes/deploy/runner.h"

struct record_setup {
    struct runner *runner; /* borrowed, as are: */
    const float *rows;     /* [n][elements of the runner's input] */
    const int64_t *labels; /* [n]; NULL: none */
    size_t n, first;       /* the first row's name; the next ones count on */
};

/* Append the records to `csv`.  *last, [n], gets the full network's answers;
 * *full_ns the mean time of the full network alone, no other head.  Failures
 * of runner_reach() and of buf_add(). */
enum status record_stream(const struct record_setup *s, struct buf *csv,
    int64_t *last, double *full_ns, struct err *err) MUST_CHECK;

#endif
