/* SPDX-License-Identifier: MIT */
/* claim.h -- steps of a proof, in the words of the caller's exits. */
#ifndef OFFRAMP_SEARCH_CLAIM_H
#define OFFRAMP_SEARCH_CLAIM_H

#include "search/solve/node.h"

/* Tell o->claim of one.  `d` has the scale of its prices; `row` is scratch for
 * as many as p->samples. */
void claim_tell(const struct prob *p, const struct dual *d,
    const struct solve_options *o, const struct claim *c, uint32_t *row);

/* The whole space is one claim: it was looked at, or each row's best answer
 * is not enough for the floor, which a high price of wrong answers shows. */
void claim_all(
    const struct prob *p, const struct solve_options *o, bool looked);

#endif
