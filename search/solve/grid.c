/* SPDX-License-Identifier: MIT */
#include "search/solve/grid.h"

#include <stdlib.h>
#include <string.h>

#include "search/solve/prob.h"

/* One distinct score and the weight of the samples that have it. */
struct level {
    double score;
    int64_t weight;
};

/* A number that sorts as the score does; both zeros are one. */
static uint64_t
key_of(double score)
{
    uint64_t bits;

    score += 0.0;
    memcpy(&bits, &score, sizeof(bits));
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

/* By score, a byte of the key at a time, from the last; `spare` has room for
 * as many.  Where they end up. */
static struct level *
levels_sort(struct level *v, struct level *spare, size_t n)
{
    for (int shift = 0; shift < 64; shift += 8) {
        size_t at[257] = { 0 };
        struct level *to = spare;

        for (size_t i = 0; i < n; i++)
            at[(key_of(v[i].score) >> shift & 255) + 1]++;
        for (int x = 0; x < 256; x++)
            at[x + 1] += at[x];
        for (size_t i = 0; i < n; i++)
            to[at[key_of(v[i].score) >> shift & 255]++] = v[i];
        spare = v;
        v = to;
    }
    return v;
}

/* Join equal scores; the number of levels. */
static size_t
levels_join(struct level *v, size_t n)
{
    size_t m = 0;

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
    struct level *room = malloc(2 * n * sizeof(*room)), *v = room;
    int64_t total = 0;
    size_t m;

    *out = NULL;
    if (room == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < n; i++) {
        v[i] = (struct level){ score[i], weight ? weight[i] : 1 };
        total += v[i].weight;
    }
    v = levels_sort(v, room + n, n);
    m = levels_join(v, n);
    if (want > 0 && m > (size_t)want)
        m = levels_thin(v, m, total, want);
    if (m > PROB_TOP_MAX) {
        free(room);
        return err_set(err, ST_INVALID, "search.input",
            "exit %d has %zu distinct scores, more than %d: "
            "ask for a grid of quantiles instead of all",
            exit, m, PROB_TOP_MAX);
    }
    if ((*out = malloc(m * sizeof(**out))) == NULL) {
        free(room);
        return err_nomem(err);
    }
    for (size_t i = 0; i < m; i++)
        (*out)[i] = v[i].score;
    *count = (int)m;
    free(room);
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
