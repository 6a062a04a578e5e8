/* SPDX-License-Identifier: MIT */
/* options.h -- what a request for heads can choose (search/README.md). */
#ifndef OFFRAMP_HEADS_OPTIONS_H
#define OFFRAMP_HEADS_OPTIONS_H

#include <jansson.h>

#include "base/score.h"
#include "search/heads/head.h"

enum {
    AUGMENT_CANDIDATES_MAX = EXITS_MAX - 1,
    AUGMENT_ROWS_MAX = 100000,
    AUGMENT_THREADS_MAX = 64,
};

struct augment_options {
    const json_t *rule; /* borrowed; NULL: "all" */
    bool head[HEAD_KINDS];
    bool confidence, agreement;
    enum score score;   /* of the exits; SCORE_KINDS: whichever ranks best */
    const json_t *rows; /* borrowed; NULL: all */
    int64_t seed, max_candidates, threads;
    double memory_bytes; /* of the device; NaN: any */
};

/* Read; NULL gives the defaults.  ST_INVALID names the member. */
enum status augment_options_read(
    const json_t *doc, struct augment_options *out, struct err *err) MUST_CHECK;

#endif
