/* SPDX-License-Identifier: MIT */
/*
 * subject.h -- one thing under measurement: how to run it, and what was seen.
 *
 * The owner fills the first block and keeps `ctx` alive; warmup.c, epoch.c and
 * rounds.c fill the rest; row.c turns it into a row.  subject_clear() releases
 * the samples.
 */
#ifndef OFFRAMP_MEASURE_SUBJECT_H
#define OFFRAMP_MEASURE_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "probes/measure/clocktest.h"
#include "probes/measure/host.h"
#include "probes/measure/stats.h"

enum stop_reason { STOP_NONE, STOP_CI_MET, STOP_MAX_ROUNDS, STOP_MAX_TIME };

/* "ci_met", "max_rounds", "max_time"; NULL for STOP_NONE. */
const char *stop_reason_name(enum stop_reason r);

struct subject {
    /* Run it n times.  A failure ends the whole measurement. */
    enum status (*run)(void *ctx, int64_t n, struct err *err);
    void *ctx;
    bool single; /* time every execution on its own: percentiles are wanted */
    size_t most; /* values at most; 0: no limit */
    /* MAY: before every value, outside of its time. */
    void (*before)(void *ctx);
    void *before_ctx;

    double first_ns;    /* the very first execution; NaN before it */
    int64_t n;          /* executions an epoch, frozen once calibrated */
    int64_t spent_ns;   /* in warm-up and epochs */
    int64_t sampled_ns; /* of that, in epochs */
    bool not_steady;    /* warm-up hit its cap */
    double *values;     /* ns an execution: one an epoch, or one each */
    size_t n_values, cap;
    size_t n_pending;  /* values of the round in progress, after those */
    double *discarded; /* of rounds that drifted: kept, never used */
    size_t n_discarded, cap_discarded;
    size_t rounds;       /* kept ones */
    size_t drift_rounds; /* kept, with a sentinel that slowed by over 2 % */
    double spread;       /* of the sentinel over these rounds (pace.h) */
    size_t interrupted;  /* values during which the process was preempted */
    size_t pending_interrupted;
    int good_looks; /* successive looks with the interval asked for */
    enum stop_reason stop;
};

void subject_clear(struct subject *s);

/* Time `n` executions together.  *ns is the whole. */
enum status subject_time(struct subject *s, const struct host *host, int64_t n,
    int64_t *ns, struct err *err) MUST_CHECK;

/* Add a value of the round in progress; keep the round, or set it aside. */
enum status subject_add(
    struct subject *s, double ns, bool interrupted, struct err *err) MUST_CHECK;
void subject_keep(struct subject *s, bool drifted);
enum status subject_discard(struct subject *s, struct err *err) MUST_CHECK;

/*
 * The flags that what was seen gives.  Conditions (drift, preemption) count
 * once they touched more than a tenth of the samples: the median and its
 * order-statistic interval hardly feel fewer.
 */
int64_t subject_flags(const struct subject *s, const struct stats *stats,
    double ci_rel, const struct clocktest *clock);

#endif
