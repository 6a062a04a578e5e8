/* SPDX-License-Identifier: MIT */
#include "probes/measure/clocktest.h"

#include <stdlib.h>

enum { READS = 10000 };

static int
compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* The median step; the mean one where the clock is so coarse that most steps
 * are zero.  Overwrites the readings with their steps. */
static double
median_step(int64_t t[READS])
{
    double mean = (double)(t[READS - 1] - t[0]) / (READS - 1);

    for (size_t i = READS - 1; i > 0; i--)
        t[i] -= t[i - 1];
    qsort(t + 1, READS - 1, sizeof(*t), compare);
    return t[READS / 2] > 0 ? (double)t[READS / 2] : mean;
}

enum status
clocktest_run(const struct host *host, struct clocktest *out, struct err *err)
{
    int64_t *t = malloc(READS * sizeof(*t));

    if (t == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < READS; i++)
        t[i] = host->now_ns(host->ctx);

    *out = (struct clocktest){ .monotonic = true };
    for (size_t i = 1; i < READS; i++) {
        int64_t step = t[i] - t[i - 1];

        if (step < 0)
            out->monotonic = false;
        else if (step > 0 &&
                 (out->resolution_ns == 0 || step < out->resolution_ns))
            out->resolution_ns = step;
    }
    out->cost_ns = median_step(t);
    out->advances = out->resolution_ns > 0;
    free(t);
    return ST_OK;
}

bool
clocktest_ok(const struct clocktest *c)
{
    return c->monotonic && c->advances;
}
