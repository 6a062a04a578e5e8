/* SPDX-License-Identifier: MIT */
/*
 * validate.h -- a plan measured as it will be used: sample by sample on data
 * that nobody has looked at, each sample leaving where it leaves.
 *
 * A round runs every sample once through the plan and once through the
 * network without early exits, which goes first taking turns; samples come in
 * a new random order each round.  What a round gives is one value; the result
 * is the median of the rounds with its interval (../measure/stats.h).
 *
 * Samples that leave at one exit run the same operations, so a round's time of
 * an exit is the median of its samples, and its mean those weighted by their
 * shares: an interrupted sample spoils neither, as costs are medians too.  The
 * plain mean, interruptions and all, is beside it.  One thread.
 */
#ifndef OFFRAMP_DEPLOY_VALIDATE_H
#define OFFRAMP_DEPLOY_VALIDATE_H

#include <jansson.h>

#include "probes/deploy/runner.h"
#include "probes/measure/host.h"
#include "probes/measure/stats.h"
#include "probes/meters/meter.h"

enum { VALIDATE_ROUNDS_LEAST = 8, VALIDATE_ROUNDS_MOST = 200 };

/* What takes a row and then runs it; only run() is timed.  Of the answer,
 * stage is below RUNNER_EXITS_MAX. */
struct validate_net {
    void (*load)(void *ctx, const float *row);
    enum status (*run)(void *ctx, struct runner_answer *a, struct err *err);
    void *ctx;
    const double *own_ns; /* MAY: what the last run took by a clock of its
                           * own, in place of the host's */
};

/* A whole plan on this machine. */
struct validate_net validate_runner(struct runner *r);

/* Everything is borrowed. */
struct validate_setup {
    const struct host *host;
    const struct meter_handle *energy; /* self NULL: none here */
    struct validate_net plan, full;    /* full.run NULL: there is none, and its
                                        * times stay 0 */
    const float *rows;                 /* [n][elements] */
    size_t elements;
    const int64_t *labels; /* [n], -1 unknown; NULL: none */
    size_t n;
    uint64_t seed;
    double budget_s, ci_rel;
    void (*progress)(void *ctx, size_t done, size_t total); /* MAY be NULL */
    void *ctx;
};

/* One of the two networks. */
struct validate_times {
    struct stats mean, all; /* over rounds, ns a sample: see above */
    struct stats p50, p90;
    struct stats path[RUNNER_EXITS_MAX]; /* by stage; NaN: nobody left there */
};

struct validated {
    struct validate_times plan, full;
    size_t rounds;
    size_t left[RUNNER_EXITS_MAX]; /* samples by stage */
    size_t labelled[RUNNER_EXITS_MAX], right[RUNNER_EXITS_MAX];
    size_t full_right, full_labelled;
    int64_t flags;
    json_t *energy; /* owned by the caller; NULL: no meter */
};

/* ST_UNPROCESSABLE "model.run", "model.nan_output"; ST_NOMEM.  On ST_OK the
 * caller ends out->energy. */
enum status validate_run(const struct validate_setup *setup,
    struct validated *out, struct err *err) MUST_CHECK;

#endif
