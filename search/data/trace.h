/* SPDX-License-Identifier: MIT */
/*
 * trace.h -- best cost and bound over the time of a search, as a short
 * series: when it is full, every second point goes and the pace halves.
 *
 * Costs are in the solver's integers; a `struct trace` belongs to one thread.
 */
#ifndef OFFRAMP_DATA_TRACE_H
#define OFFRAMP_DATA_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "search/solve/solve.h"

enum { TRACE_MAX = 96 };

struct trace_point {
    double seconds;
    struct solve_progress at;
};

struct trace {
    struct trace_point point[TRACE_MAX];
    size_t n;
    double pace_s; /* points are at least so far apart; 0 at first */
    bool ended;
};

/* Note where the search is, if that is news: another best cost or bound, and
 * not too soon after the last point.  Nothing after the end. */
void trace_add(struct trace *t, double seconds, const struct solve_progress *p);

/* The last point, always kept; what comes later is another search's. */
void trace_end(struct trace *t, double seconds, const struct solve_progress *p);

/* [{seconds, cost, lower_bound, nodes}], costs times `unit`; cost is null
 * while no plan was known.  NULL: out of memory. */
json_t *trace_json(const struct trace *t, double unit);

#endif
