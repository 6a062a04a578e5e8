/* SPDX-License-Identifier: MIT */
/*
 * population.h -- a made-up network on a population so large that what is
 * true of a plan is known, and samples of it.
 *
 * The model of search.md 2.6: a difficulty, margins that agree over exits, and
 * scores that know some of them.
 */
#ifndef OFFRAMP_TESTS_POPULATION_H
#define OFFRAMP_TESTS_POPULATION_H

#include "base/rng.h"
#include "search/solve/solve.h"

enum { POPULATION_EXITS_MAX = 8 };

struct population {
    struct solve_data data;
    double *score;
    uint8_t *right;
    uint32_t *group; /* [n], runs of equal ids; NULL: no groups */
    int64_t segment[POPULATION_EXITS_MAX], head[POPULATION_EXITS_MAX];
};

/* `len` samples to a group whose difficulties agree; 1: no groups. */
void population_make(struct population *p, size_t n, int exits, size_t len,
    double noise, uint64_t seed);

/* n samples (whole groups) of `from` with replacement. */
void population_draw(struct population *p, const struct population *from,
    size_t n, struct rng *rng);
void population_free(struct population *p);

/* The true mean loss of a plan on a population: of accuracy, or of flips. */
double population_loss(
    const struct population *p, const struct solve_plan *plan, bool flips);

#endif
