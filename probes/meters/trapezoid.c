/* SPDX-License-Identifier: MIT */
#include "probes/meters/trapezoid.h"

#include <math.h>

void
trapezoid_start(struct trapezoid *t, int64_t period_ns)
{
    *t = (struct trapezoid){ .period_ns = period_ns };
}

void
trapezoid_add(struct trapezoid *t, int64_t at_ns, double watts)
{
    int64_t gap_ns = at_ns - t->last_ns;

    if (!isfinite(watts) || (t->taken > 0 && gap_ns < 0)) {
        t->dropped++;
        return;
    }
    if (t->taken > 0) {
        t->total_nj += (t->last_w + watts) / 2 * (double)gap_ns;
        if (gap_ns >= 2 * t->period_ns)
            t->dropped += (uint64_t)(gap_ns / t->period_ns - 1);
    }
    t->last_ns = at_ns;
    t->last_w = watts;
    t->taken++;
}
