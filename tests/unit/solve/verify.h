/* SPDX-License-Identifier: MIT */
/*
 * verify.h -- checks a proof the slow, obvious way, from solve.h's words
 * alone: that its parts do not overlap and leave nothing out, that what was
 * looked at holds nothing cheaper, and that every bound is as high as it
 * must be.  Nothing here is shared with the solver.
 */
#ifndef OFFRAMP_TESTS_VERIFY_H
#define OFFRAMP_TESTS_VERIFY_H

#include "unit/solve/brute.h"

/* A claim, copied. */
struct verify_claim {
    struct solve_span part[BRUTE_E];
    bool looked;
    int shift;
    int64_t wrong;
    int32_t accept[BRUTE_E][BRUTE_N], refuse[BRUTE_E][BRUTE_N]; /* [sample] */
};

struct verify {
    const struct brute_case *c; /* borrowed */
    struct verify_claim *claim; /* owned; verify_clear() */
    size_t n, room;
    const char *refused; /* a claim that could not even be copied */
    int last;            /* early exits that the problem at hand has */
};

void verify_init(struct verify *v, const struct brute_case *c);
void verify_clear(struct verify *v);

/* A solve_claim_fn; ctx is the struct verify. */
void verify_hear(void *ctx, const struct solve_claim *c);

/* NULL if the claims prove that no plan which meets what is asked costs less
 * than `cost` (INT64_MAX: that there is none); otherwise what is wrong. */
const char *verify_proof(const struct verify *v, int64_t cost);

#endif
