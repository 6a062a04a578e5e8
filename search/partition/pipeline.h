/* SPDX-License-Identifier: MIT */
/*
 * pipeline.h -- a chain of layers over a chain of processors, so that the
 * slowest stage is as fast as can be (DEFER, arXiv 2201.06769): dynamic
 * programming over (processor, layer, way of sending), exact.
 *
 * Between two processors a tensor is sent in one of several measured ways
 * (as it is, or compressed): encoding counts to the sender's stage, decoding
 * to the receiver's, and the sending is a stage of its own.  Pure; integers.
 */
#ifndef OFFRAMP_SEARCH_PIPELINE_H
#define OFFRAMP_SEARCH_PIPELINE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { PIPELINE_STAGES_MAX = 64, PIPELINE_WAYS_MAX = 16 };

struct pipeline {
    size_t layers, stages, ways;
    const int64_t *time_ps; /* [stages][layers] */
    /* [layers - 1][ways]: of the tensors between layer i and i + 1 */
    const int64_t *send_ps, *encode_ps, *decode_ps;
};

struct pipeline_plan {
    size_t end[PIPELINE_STAGES_MAX]; /* layers before this are done by then */
    int way[PIPELINE_STAGES_MAX];    /* of sending behind a stage; -1: last */
    size_t stages; /* used, from the first on; each has a layer at least */
    int64_t slowest_ps;
};

/* ST_INVALID (code "partition.pipeline") for sizes beyond the limits or
 * negative times; ST_NOMEM. */
enum status pipeline_solve(const struct pipeline *p, struct pipeline_plan *out,
    struct err *err) MUST_CHECK;

#endif
