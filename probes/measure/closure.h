/* SPDX-License-Identifier: MIT */
/*
 * closure.h -- do the parts add up to the whole? (measurement.md 8)
 *
 * Pure arithmetic on medians in ns; NaN is "not measured" and spreads.
 */
#ifndef OFFRAMP_MEASURE_CLOSURE_H
#define OFFRAMP_MEASURE_CLOSURE_H

#include <stddef.h>
#include <stdint.h>

/* Costs of the exits of one network, in graph order. */
struct exit_cost {
    double segment_ns, head_ns, prefix_ns; /* head of the last exit: 0 */
};

struct closure {
    double sum_layers_ns, whole_ns;
    double closure_hot_rel; /* (sum of isolated layers - whole) / whole */
};

void closure_of(const double *layer_ns, size_t n_layers, double whole_ns,
    struct closure *out);

/* (segments 0..k + head k - measured prefix k) / measured prefix k. */
double closure_prefix_residual(const struct exit_cost *exits, size_t k);

/* closure_warn beyond 3 %, closure_fail beyond 10 %; none for NaN. */
int64_t closure_flags(double rel);

#endif
