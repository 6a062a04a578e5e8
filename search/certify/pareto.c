/* SPDX-License-Identifier: MIT */
#include "search/certify/pareto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Is a as good as b everywhere? */
static bool
covers(const double *a, const double *b, int dims)
{
    for (int k = 0; k < dims; k++)
        if (a[k] > b[k])
            return false;
    return true;
}

void
pareto_mark(const double *v, size_t n, int dims, bool *keep)
{
    for (size_t i = 0; i < n; i++) {
        const double *x = v + i * (size_t)dims;

        keep[i] = true;
        for (size_t j = 0; j < n && keep[i]; j++) {
            const double *y = v + j * (size_t)dims;

            /* Of equal points the first stays. */
            if (j != i && covers(y, x, dims))
                keep[i] = covers(x, y, dims) && i < j;
        }
    }
}

struct point {
    double at[PARETO_DIMS_MAX];
};

static int
by_first(const void *a, const void *b)
{
    double x = ((const struct point *)a)->at[0],
           y = ((const struct point *)b)->at[0];

    return (x > y) - (x < y);
}

/*
 * Slices between neighbours in the first coordinate: in each, the points to
 * the left of it fill a volume of one dimension less.  `room` has n points
 * for each dimension to come.
 */
static double
slices(
    struct point *p, size_t n, int dims, const double *ref, struct point *room)
{
    double volume = 0;

    qsort(p, n, sizeof(*p), by_first);
    if (dims == 1)
        return n > 0 ? fmax(0, ref[0] - p[0].at[0]) : 0;
    for (size_t i = 0; i < n && p[i].at[0] < ref[0]; i++) {
        double next = i + 1 < n ? fmin(ref[0], p[i + 1].at[0]) : ref[0];

        if (!(next > p[i].at[0]))
            continue;
        for (size_t j = 0; j <= i; j++)
            memcpy(room[j].at, p[j].at + 1,
                (size_t)(dims - 1) * sizeof(room[j].at[0]));
        volume += (next - p[i].at[0]) *
                  slices(room, i + 1, dims - 1, ref + 1, room + n);
    }
    return volume;
}

enum status
pareto_hypervolume(const double *v, size_t n, int dims, const double *ref,
    double *out, struct err *err)
{
    struct point *p = calloc(n * (size_t)dims + 1, sizeof(*p));

    if (p == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < n; i++)
        memcpy(p[i].at, v + i * (size_t)dims, (size_t)dims * sizeof(*v));
    *out = slices(p, n, dims, ref, p + n);
    free(p);
    return ST_OK;
}

size_t
pareto_knee(const double *v, size_t n, int dims)
{
    double lo[PARETO_DIMS_MAX], hi[PARETO_DIMS_MAX], least = INFINITY;
    size_t knee = 0;

    for (int k = 0; k < dims; k++) {
        lo[k] = hi[k] = v[k];
        for (size_t i = 1; i < n; i++) {
            lo[k] = fmin(lo[k], v[i * (size_t)dims + (size_t)k]);
            hi[k] = fmax(hi[k], v[i * (size_t)dims + (size_t)k]);
        }
    }
    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        for (int k = 0; k < dims; k++)
            if (hi[k] > lo[k])
                sum +=
                    (v[i * (size_t)dims + (size_t)k] - lo[k]) / (hi[k] - lo[k]);
        if (sum < least - 1e-12) {
            least = sum;
            knee = i;
        }
    }
    return knee;
}
