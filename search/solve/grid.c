/* SPDX-License-Identifier: MIT */
#include "search/solve/grid.h"

#include <stdlib.h>

#include "search/solve/prob.h"

/* One distinct score and the weight of the samples that have it. */
struct level {
    double score;
    int64_t weight;
};

static int
by_score(const void *a, const void *b)
{
    double x = ((const struct level *)a)->score;
    double y = ((const struct level *)b)->score;

    return (x > y) - (x < y);
}

/* Sort and join equal scores; the number of levels. */
static size_t
levels_join(struct level *v, size_t n)
{
    size_t m = 0;

    qsort(v, n, sizeof(*v), by_score);
    for (size_t i = 0; i < n; i++)
        if (m > 0 && v[m - 1].score == v[i].score)
            v[m - 1].weight += v[i].weight;
        else
            v[m++] = v[i];
    return m;
}

/* Keep the levels at `want` evenly spaced shares of the weight. */
static size_t
levels_thin(struct level *v, size_t m, int64_t total, int want)
{
    int64_t below = 0; /* weight of the levels under v[i] */
    size_t kept = 0;
    int next = 0; /* the share still to be met */

    for (size_t i = 0; i < m && next < want; i++) {
        int64_t above = below + v[i].weight;
        bool met = false;

        while (next < want && next * total / want < above) {
            met = true;
            next++;
        }
        if (met)
            v[kept++] = v[i];
        below = above;
    }
    return kept;
}

enum status
grid_make(const double *score, const uint32_t *weight, size_t n, int want,
    int exit, double **out, int *count, struct err *err)
{
    struct level *v = malloc(n * sizeof(*v));
    int64_t total = 0;
    size_t m;

    *out = NULL;
    if (v == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < n; i++) {
        v[i] = (struct level){ score[i], weight ? weight[i] : 1 };
        total += v[i].weight;
    }
    m = levels_join(v, n);
    if (want > 0 && m > (size_t)want)
        m = levels_thin(v, m, total, want);
    if (m > PROB_TOP_MAX) {
        free(v);
        return err_set(err, ST_INVALID, "search.input",
            "exit %d has %zu distinct scores, more than %d: "
            "ask for a grid of quantiles instead of all",
            exit, m, PROB_TOP_MAX);
    }
    if ((*out = malloc(m * sizeof(**out))) == NULL) {
        free(v);
        return err_nomem(err);
    }
    for (size_t i = 0; i < m; i++)
        (*out)[i] = v[i].score;
    *count = (int)m;
    free(v);
    return ST_OK;
}

int
grid_bin(const double *threshold, int count, double score)
{
    int lo = 0, hi = count;

    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;

        if (threshold[mid] <= score)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}
