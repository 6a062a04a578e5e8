/* SPDX-License-Identifier: MIT */
/*
 * answer.h -- what a classifier's values say: which class, and how sure.
 *
 * Values that all lie in 0..1 and add up to 1 within 1e-3 are taken as
 * probabilities, others as logits, of which the softmax is taken; each exit is
 * judged by the first row that is seen, and the others of that exit follow.
 * Records, the reference runner and validation all decide with this.  Pure.
 */
#ifndef OFFRAMP_DEPLOY_ANSWER_H
#define OFFRAMP_DEPLOY_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "base/score.h"

enum answer_scale { SCALE_UNKNOWN, SCALE_PROBABILITY, SCALE_LOGIT };

struct answer {
    int64_t class;
    double score;
};

/* Judge `n` finite values by `score`; `scale` belongs to the exit. */
struct answer answer_of(
    const float *v, size_t n, enum score score, enum answer_scale *scale);

#endif
