/* SPDX-License-Identifier: MIT */
/* instances.h -- the searches that are timed: a row each, in the order of the
 * design's table. */
#ifndef OFFRAMP_BENCH_INSTANCES_H
#define OFFRAMP_BENCH_INSTANCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "search/solve/solve.h"

enum { PLAN = -1, ALL_POINTS = 0 };

struct instance {
    const char *name, *what;
    const char *records; /* a file of ../shared/data; NULL: made up */
    size_t n;            /* samples; 0: as many as the records have */
    int exits, grid, max_early;
    double noise;
    int tiers;       /* more than one: the cuts between them are chosen too */
    int points;      /* PLAN: one plan; else a front */
    double limit_s;  /* of the search, for one seed */
    double target_s; /* 0: none in seconds */
};

extern const struct instance instances[];
extern const size_t n_instances;

/* NULL: no such name. */
const struct instance *instance_named(const char *name);

/* Made up or read: the data of a seed.  On true the caller ends *d with
 * generate_clear(). */
bool instance_load(
    const struct instance *x, uint64_t seed, struct solve_data *d);

/* What is asked of it: a floor 1 % below the full network, one thread. */
void instance_options(const struct instance *x, const struct solve_data *d,
    struct solve_options *o);

#endif
