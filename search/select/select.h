/* SPDX-License-Identifier: MIT */
/*
 * select.h -- choose one of several configurations (models, plans, devices)
 * for a sample before anything runs (Taylor et al., LCTES 2018,
 * arXiv 1805.04252): labels, which configurations to choose among, bounds.
 *
 * What a configuration does with a sample is recorded: what it costs and
 * whether its answer is right.  Pure C: no I/O, no clock.  Arrays are the
 * caller's; several threads may read them.
 */
#ifndef OFFRAMP_SEARCH_SELECT_H
#define OFFRAMP_SEARCH_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SELECT_MAX = 64, SELECT_NONE = SELECT_MAX };

/* Configuration c of sample i is at [c * n + i]. */
struct select_table {
    size_t n;
    int configs;
    const double *cost;   /* [configs][n]; borrowed */
    const uint8_t *right; /* [configs][n]; borrowed */
};

/* Some configurations, in the order in which they were taken in. */
struct select_set {
    int member[SELECT_MAX];
    int n;
};

void select_all(const struct select_table *t, struct select_set *out);

/* The member that is right about sample i and costs least, the lowest number
 * of equals; SELECT_NONE where no member is right. */
int select_label(
    const struct select_table *t, const struct select_set *s, size_t i);

/* Share of samples that at least one member answers rightly. */
double select_coverage(
    const struct select_table *t, const struct select_set *s);

enum select_rule {
    SELECT_ACCURACY, /* takes in whoever is right most often where all fail */
    SELECT_OPTIMAL,  /* whoever is the best label most often there */
};

/* Begin with the configuration that is the label of most samples; take in one
 * after the other while each adds more than `theta` to the coverage. */
void select_choose(const struct select_table *t, enum select_rule rule,
    double theta, struct select_set *out);

/* What came of a choice for every sample (a member, or SELECT_NONE: nothing
 * runs, and the answer counts as wrong).  `each` is paid for every sample. */
struct select_outcome {
    double cost, accuracy, declined;
};
struct select_outcome select_judge(
    const struct select_table *t, const uint8_t *chosen, double each);

#endif
