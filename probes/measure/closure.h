/* SPDX-License-Identifier: MIT */
/*
 * closure.h -- do the parts add up to the whole? (measurement.md 8)
 *
 * Pure arithmetic on medians in ns; NaN is "not measured" and spreads.
 */
#ifndef OFFRAMP_MEASURE_CLOSURE_H
#define OFFRAMP_MEASURE_CLOSURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Costs of the exits of one network, in graph order.  0: there is no such
 * part (the last exit has no head, and nothing after it). */
struct exit_cost {
    double segment_ns, head_ns, prefix_ns;
    double joint_ns; /* the segments before and after it, as one file */
    double stage_ns; /* the segment before it and its head, as one file */
    bool alone;      /* its prefix is the same file as what would tell it */
};

struct closure {
    double sum_layers_ns, whole_ns;
    double closure_hot_rel; /* (sum of isolated layers - whole) / whole */
};

void closure_of(const double *layer_ns, size_t n_layers, double whole_ns,
    struct closure *out);

/* What it costs to cut at exit k: its two segments apart less both as one; and
 * between the exit and its head, likewise.  0 where nothing is cut. */
double closure_cut(const struct exit_cost *exits, size_t n, size_t k);
double closure_head_cut(const struct exit_cost *exits, size_t k);

/* Parts run apart against the prefix, which is one file:
 * (segments 0..k + head k - measured prefix k) / measured prefix k. */
double closure_prefix_split(const struct exit_cost *exits, size_t k);

/* The same without what the cuts at exits 0..k-1 and at head k cost.  NaN for
 * an exit that is `alone`: a file cannot foretell itself. */
double closure_prefix_residual(
    const struct exit_cost *exits, size_t n, size_t k);

/* closure_warn beyond 3 %, closure_fail beyond 10 %; none for NaN. */
int64_t closure_flags(double rel);

#endif
