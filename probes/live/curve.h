/* SPDX-License-Identifier: MIT */
/*
 * curve.h -- how a stream goes, told while it goes: means at evenly spread
 * samples, handed to the agent as parts, not more than about two a second.
 */
#ifndef OFFRAMP_LIVE_CURVE_H
#define OFFRAMP_LIVE_CURVE_H

#include "probes/agent/task.h"
#include "probes/live/stream.h"

enum { CURVE_POINTS = 64 };

struct curve {
    struct task *task;  /* borrowed, as is: */
    const char *policy; /* of the stream that runs */
    size_t rows, done;  /* of that stream; points of it so far */
    size_t before;      /* samples of the streams before it */
    size_t all;         /* of all streams */
    json_t *points;     /* owned: not handed over yet */
    int64_t told_ns;
};

/* Another policy's stream of `rows` samples begins. */
void curve_begin(struct curve *c, const char *policy, size_t rows);

/* A stream_setup's watch; `ctx` is the curve.  Also reports progress. */
enum status curve_watch(
    void *ctx, const struct stream_point *now, struct err *err) MUST_CHECK;

/* Its stream has ended after `n` samples: hand over what is left. */
enum status curve_end(struct curve *c, size_t n, struct err *err) MUST_CHECK;
void curve_clear(struct curve *c);

#endif
