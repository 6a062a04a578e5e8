/* SPDX-License-Identifier: MIT */
/*
 * brute.h -- small random searches, and their answers the slow, obvious way:
 * every plan is tried, and every plan is judged sample by sample.  Nothing
 * here is shared with the solver but the structs of solve.h.
 */
#ifndef OFFRAMP_TESTS_BRUTE_H
#define OFFRAMP_TESTS_BRUTE_H

#include "search/solve/solve.h"

enum { BRUTE_N = 64, BRUTE_E = 6 };

/* One search with room for everything; `data` and `options` point inside. */
struct brute_case {
    double score[BRUTE_E * BRUTE_N];
    uint8_t right[BRUTE_E * BRUTE_N];
    uint32_t weight[BRUTE_N];
    int64_t segment[BRUTE_E], head[BRUTE_E];
    uint32_t ppm[BRUTE_E];
    struct solve_data data;
    struct solve_options options;
};

uint64_t brute_random(uint64_t *state);
/* 0 .. n - 1 */
int brute_below(uint64_t *state, int n);

/* Fill a case from a number; odd corners are frequent. */
void brute_make(struct brute_case *c, uint64_t number, bool limits);

/* Judge a plan. */
void brute_eval(const struct solve_data *d, const struct solve_plan *p,
    struct solve_tally *out);

/* Is the plan within every limit but the floor? */
bool brute_allows(const struct solve_data *d, const struct solve_options *o,
    const struct solve_plan *p);

/* Candidate thresholds of exit e, ascending, into out[BRUTE_N * 4]; how many.
 */
int brute_candidates(const struct brute_case *c, int e, double *out);

struct brute_answer {
    bool any;            /* some plan is within the limits */
    bool found;          /* some of them meets the floor */
    int64_t cost, right; /* the best */
    int64_t most;        /* right answers possible within the limits */
    int64_t cheapest[BRUTE_N * 4 + 1]; /* [right], INT64_MAX: none */
};

/* Try every plan.  `grid` as in the options. */
void brute_solve(const struct brute_case *c, struct brute_answer *out);

#endif
