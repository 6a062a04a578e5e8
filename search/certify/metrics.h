/* SPDX-License-Identifier: MIT */
/*
 * metrics.h -- plans over several metrics at once.
 *
 * A plan has one mean cost in every metric (latency, energy, operations) and
 * an accuracy.  The plans that no other beats in all of them are looked for
 * by weighing the metrics in many ways (weights on a lattice, all above 0)
 * and taking the whole front of cost against accuracy each time: each plan
 * on such a front is beaten by no plan there is.  Plans that are best for no
 * weights at all are not found this way.
 */
#ifndef OFFRAMP_SEARCH_METRICS_H
#define OFFRAMP_SEARCH_METRICS_H

#include "search/certify/pareto.h"
#include "search/solve/solve.h"

enum { METRICS_MAX = PARETO_DIMS_MAX - 1 };

/* Costs in each metric: [exits], integers as in solve_data.  Borrowed. */
struct metrics_costs {
    const int64_t *segment, *head;
};

struct metrics_point {
    struct solve_plan plan;
    int64_t cost[METRICS_MAX]; /* sums over the samples */
    int64_t right;
};

struct metrics_front {
    struct metrics_point *points; /* owned; from the most accurate down */
    size_t n, knee;               /* pareto_knee() of cost and wrong answers */
    double hypervolume; /* share of the box between the full network's costs
                           at the floor and (0, all right); NaN: no box */
    int fronts, asked;  /* weights that there was time for, of so many */
    bool complete;      /* all weights were tried, every front is proved */
};

/*
 * The costs of `d` are those that so->worst_case is about; so->floor bounds
 * all plans.  `points` is how many plans each front may give (0: all).
 * ST_INVALID: not 1 to METRICS_MAX metrics, ST_NOMEM.
 */
enum status metrics_make(const struct solve_data *d,
    const struct solve_options *so, const struct metrics_costs *metric,
    int metrics, size_t points, struct metrics_front *out,
    struct err *err) MUST_CHECK;
void metrics_clear(struct metrics_front *f);

#endif
