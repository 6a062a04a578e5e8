/* SPDX-License-Identifier: MIT */
#include "probes/deploy/answer.h"

#include <math.h>

static enum answer_scale
scale_of(const float *v, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        if (v[i] < 0 || v[i] > 1)
            return SCALE_LOGIT;
        sum += v[i];
    }
    return fabs(sum - 1) <= 1e-3 ? SCALE_PROBABILITY : SCALE_LOGIT;
}

struct answer
answer_of(const float *v, size_t n, enum score score, enum answer_scale *scale)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (v[i] > v[best])
            best = i;
    if (*scale == SCALE_UNKNOWN)
        *scale = scale_of(v, n);
    return (struct answer){ (int64_t)best,
        score_from(score, v, n, best, *scale == SCALE_LOGIT) };
}
