/* SPDX-License-Identifier: MIT */
#include "search/policy/pools.h"

#include <math.h>
#include <stdlib.h>

enum status
pools_learn(struct pools *p, const float *vector, size_t dims,
    const uint8_t *pool, size_t n, int tiers, struct err *err)
{
    *p = (struct pools){ .tiers = tiers, .dims = dims };
    if ((p->centre = calloc((size_t)tiers * dims + 1, sizeof(double))) == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < n; i++) {
        double *c = p->centre + pool[i] * dims;

        p->n[pool[i]]++;
        for (size_t k = 0; k < dims; k++)
            c[k] += (double)vector[i * dims + k];
    }
    for (int t = 0; t < tiers; t++)
        for (size_t k = 0; k < dims && p->n[t] > 0; k++)
            p->centre[(size_t)t * dims + k] /= (double)p->n[t];
    return ST_OK;
}

void
pools_clear(struct pools *p)
{
    free(p->centre);
    *p = (struct pools){ 0 };
}

int
pools_nearest(const struct pools *p, const float *vector)
{
    double least = INFINITY;
    int best = 0;

    for (int t = 0; t < p->tiers; t++) {
        const double *c = p->centre + (size_t)t * p->dims;
        double sum = 0;

        for (size_t k = 0; k < p->dims; k++) {
            double d = (double)vector[k] - c[k];

            sum += d * d;
        }
        if (p->n[t] > 0 && sum < least) {
            least = sum;
            best = t;
        }
    }
    return best;
}
