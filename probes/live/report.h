/* SPDX-License-Identifier: MIT */
/* report.h -- what a live stream comes to: its steps as CSV, its figures as a
 * member of offramp.live/1. */
#ifndef OFFRAMP_LIVE_REPORT_H
#define OFFRAMP_LIVE_REPORT_H

#include "base/buf.h"
#include "probes/live/order.h"

/* step,row,exit,probe,handed_over,answer,right,decide_ns,here_ns,rest_ns,
 * far_ns; what is not known is empty.  `want` [n] is what counts as right,
 * `first` the first row's number. */
enum status report_steps(const struct stream_result *r, const int64_t *want,
    size_t first, struct buf *csv, struct err *err) MUST_CHECK;

struct report_stream {
    const struct live_order *order; /* borrowed, as are: */
    const struct policy_kind *kind;
    const struct stream_result *result;
    const int64_t *want;
    const char *steps; /* the CSV's digest */
    bool elsewhere;    /* another device completed what was handed over */
};

/* NULL: out of memory. */
json_t *report_stream(const struct report_stream *s);

#endif
