/* SPDX-License-Identifier: MIT */
/* moments.h -- running mean and variance of each arm, and draws of where the
 * true means may lie. */
#ifndef OFFRAMP_SEARCH_POLICY_MOMENTS_H
#define OFFRAMP_SEARCH_POLICY_MOMENTS_H

#include <math.h>
#include <stdint.h>

#include "search/policy/normal.h"

struct moments {
    double mean, squares; /* of differences from the mean, summed */
    double deviation;     /* of the mean */
    uint32_t n;
};

/* One step of a quarter, so that first variances are above zero. */
static inline void
moments_start(struct moments *m, int arms)
{
    for (int i = 0; i < arms; i++)
        m[i] = (struct moments){ .squares = 1.0 / 16 };
}

static inline void
moments_add(struct moments *m, double x)
{
    double from = x - m->mean;

    m->n++;
    m->mean += from / m->n;
    m->squares += from * (x - m->mean);
    m->deviation = sqrt(m->squares) / m->n;
}

/* The arm whose drawn mean is largest. */
static inline int
moments_largest_draw(const struct moments *m, int arms, struct rng *rng)
{
    double most = -INFINITY;
    int best = 0;

    for (int i = 0; i < arms; i++) {
        double draw = m[i].mean + m[i].deviation * normal_draw(rng);

        if (draw > most) {
            most = draw;
            best = i;
        }
    }
    return best;
}

#endif
