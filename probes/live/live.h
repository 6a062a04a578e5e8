/* SPDX-License-Identifier: MIT */
/*
 * live.h -- an online policy really run, one sample at a time: it names an
 * exit, the network runs up to there and no further, and what is not sure
 * enough is completed by somebody else.
 *
 * The policy (search/policy, pure C) sees what a replay would show it: NaN for
 * every score that was not computed.  So the same stream gives the same
 * decisions.  The step is all there is: who reads the samples, keeps the
 * account or knows the costs is the caller's matter.  One thread.
 */
#ifndef OFFRAMP_LIVE_H
#define OFFRAMP_LIVE_H

#include "probes/deploy/runner.h"
#include "search/policy/policy.h"

/* What became of a sample that was handed over. */
struct live_rest {
    int64_t class;
    double score;   /* the full network's */
    double rest_ns; /* from handing it over until its answer was here */
    double far_ns;  /* of that, at work on the other side; NaN: not known */
};

/* Who completes a sample that `r` has run up to `stage`. */
struct live_other {
    enum status (*complete)(void *ctx, struct runner *r, int stage,
        struct live_rest *out, struct err *err);
    void *ctx;
};

/* The same runner, in the other device's place; `ctx` is not read. */
extern const struct live_other live_here;

struct live {
    struct runner *runner;                /* borrowed, as are: */
    const struct policy_kind *kind;       /* no POLICY_LEAK */
    const struct policy_setting *setting; /* what its view pays for */
    const struct live_other *other;
    void *state; /* owned */
};

struct live_step {
    int arm;
    bool probe, handed_over;
    int64_t answer;
    double score[POLICY_ARMS_MAX]; /* NaN: not computed */
    double decide_ns;              /* to decide and to learn */
    double here_ns;                /* from its input to its answer here */
    struct live_rest rest;         /* where it was handed over */
};

/* Find a policy that a device can run.  ST_INVALID "policy.name": there is
 * none of that name, or it reads what no device knows. */
enum status live_find(const char *name, const struct policy_kind **out,
    struct err *err) MUST_CHECK;

/* Begin a stream.  ST_NOMEM.  End it with live_close() whatever the outcome. */
enum status live_open(struct live *l, struct runner *runner,
    const struct policy_kind *kind, const struct policy_setting *setting,
    const struct live_other *other, struct err *err) MUST_CHECK;
void live_close(struct live *l);

/* Run the sample that was written to runner_input(), and let the policy learn
 * from it.  Failures of runner_reach() and of the other side. */
enum status live_step(
    struct live *l, struct live_step *out, struct err *err) MUST_CHECK;

/* Are all heads on the way run, and paid for? */
static inline bool
live_all_heads(const struct policy_kind *kind, bool probe)
{
    return probe || kind->view != POLICY_ARM;
}

#endif
