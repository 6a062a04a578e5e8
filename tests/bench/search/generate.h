/* SPDX-License-Identifier: MIT */
/*
 * generate.h -- made-up exit records that behave like a network's: exits that
 * grow more accurate, answers and scores that hang together between exits.
 * The same parameters give the same records on every machine that rounds
 * log, sqrt and exp alike.
 */
#ifndef OFFRAMP_BENCH_GENERATE_H
#define OFFRAMP_BENCH_GENERATE_H

#include "search/solve/solve.h"

struct generate {
    size_t n;
    int exits;          /* the last one included */
    double first, last; /* accuracy of the first and of the last exit */
    double rho;         /* how much neighbouring exits have in common */
    double noise;       /* of the scores: .5 gives AUROC .95, 1 gives .87 */
    double head;        /* mean cost of a head, of the full network's */
    uint64_t seed;
};

/* The parameters that the design's benchmarks start from. */
struct generate generate_default(size_t n, int exits, uint64_t seed);

/* Fill *out; its arrays are owned and end with generate_clear().  False if
 * out of memory.  The full network costs about a million. */
bool generate_make(const struct generate *g, struct solve_data *out);
void generate_clear(struct solve_data *d);

/* Right answers of the last exit. */
int64_t generate_full(const struct solve_data *d);

#endif
