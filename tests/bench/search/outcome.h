/* SPDX-License-Identifier: MIT */
/* outcome.h -- one search, and what plain methods make of the same problem:
 * how long it took, how far it got, how much memory it had. */
#ifndef OFFRAMP_BENCH_OUTCOME_H
#define OFFRAMP_BENCH_OUTCOME_H

#include "bench/search/instances.h"
#include "search/baseline/baseline.h"

/* Ends a search by processor time, so that a busy machine changes nothing,
 * and notes its gap after five seconds. */
struct timer {
    double start_s; /* cpu_seconds() */
    double limit_s;
    double gap_5s; /* NaN: it had ended by then */
};
bool timer_watch(void *ctx, const struct solve_progress *p);

struct outcome {
    double seconds, cpu_s, gap, gap_5s, rss_mb;
    bool proved;
    uint64_t nodes;
    int64_t cost, right; /* of a plan, or of the front's point at the floor */
    size_t points;
};

struct rival {
    double cpu_s;
    struct baseline_result r;
};

double cpu_seconds(void);

/* Search within `limit_s` of processor time.  The memory is the most that the
 * process has had until then, data included. */
enum status outcome_search(const struct instance *x, const struct solve_data *d,
    const struct solve_options *o, double limit_s, struct outcome *out,
    struct err *err) MUST_CHECK;

/* One baseline, which may take so long. */
enum status outcome_rival(const struct baseline *b, const struct solve_data *d,
    const struct solve_options *o, double limit_s, struct rival *out,
    struct err *err) MUST_CHECK;

#endif
