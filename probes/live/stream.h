/* SPDX-License-Identifier: MIT */
/*
 * stream.h -- a policy live over prepared rows: every step kept, and what it
 * took beside what the cost table says of it.
 *
 * Some rows run once before anything counts, so that memory and clock are
 * warm; the policy does not see that.  A sample's time here is measured from
 * its input to its answer; completing what is handed over is measured apart.
 * A residual is (measured - predicted) / predicted: here the median over
 * blocks of the stream, so that an interrupted sample does not decide it;
 * over there the median over the samples that went.  One thread.
 */
#ifndef OFFRAMP_LIVE_STREAM_H
#define OFFRAMP_LIVE_STREAM_H

#include "probes/live/live.h"
#include "probes/measure/stats.h"

/* What a sample is expected to take, ns; borrowed. */
struct live_costs {
    const double *own;  /* [arms]: up to the exit with its head only */
    const double *path; /* [arms]: with every head on the way */
    const double *over; /* [arms]: handing over behind it; the last unused */
};

/* Means over the samples so far. */
struct stream_point {
    size_t done;
    double here_ns, predicted_ns, handed_over, accuracy; /* NaN: not known */
};

/* Everything is borrowed. */
struct stream_setup {
    struct runner *runner;
    const struct policy_kind *kind;
    const struct policy_setting *setting;
    const struct live_other *other;
    bool elsewhere; /* that is another device: its time is compared too */
    const struct live_costs *costs; /* NULL: the table is not in ns */
    const float *rows;              /* [n][elements of the runner's input] */
    const int64_t *labels;          /* [n]; NULL: none */
    size_t n;
    int64_t until_ns; /* by clock_ns(): then it ends with what there is */
    /* Called after each sample.  MAY be NULL. */
    enum status (*watch)(
        void *ctx, const struct stream_point *now, struct err *err);
    void *ctx;
};

struct stream_step {
    int arm;
    bool probe, handed_over;
    int64_t answer;
    double decide_ns, here_ns, rest_ns, far_ns; /* NaN: not so */
};

struct stream_result {
    struct stream_step *step; /* owned, [n] */
    size_t n;                 /* samples that ran: fewer where time was up */
    size_t pulls[POLICY_ARMS_MAX], handed_over, probed;
    double here_ns, decide_ns;             /* means over all */
    double rest_ns, far_ns;                /* over those handed over, or NaN */
    double predicted_here, predicted_over; /* the same; NaN without costs */
    struct stats here, over;               /* residuals; n 0: none */
};

/* On ST_OK the caller ends *out with stream_result_clear().  At least as many
 * samples run as there are arms, whatever the time. */
enum status stream_run(const struct stream_setup *s, struct stream_result *out,
    struct err *err) MUST_CHECK;
void stream_result_clear(struct stream_result *r);

#endif
