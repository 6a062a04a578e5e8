/* SPDX-License-Identifier: MIT */
#include "search/heads/rank.h"

#include <math.h>
#include <stdlib.h>

static int
by_score(const void *a, const void *b)
{
    double x = ((const struct ranked *)a)->score;
    double y = ((const struct ranked *)b)->score;

    return (x > y) - (x < y);
}

/* Mann and Whitney's statistic over its largest value. */
double
rank_area(struct ranked *r, size_t n)
{
    double sum = 0;
    size_t right = 0;

    qsort(r, n, sizeof(*r), by_score);
    for (size_t i = 0, k; i < n; i = k) {
        size_t in_tie = 0;

        for (k = i; k < n && r[k].score == r[i].score; k++)
            in_tie += r[k].right;
        /* Ranks i+1..k, shared by the tie. */
        sum += (double)in_tie * ((double)(i + k + 1) / 2);
        right += in_tie;
    }
    if (right == 0 || right == n)
        return NAN;
    return (sum - (double)right * (double)(right + 1) / 2) /
           ((double)right * (double)(n - right));
}

/* Row `i` of the held-out ones under one score; `v` has room for its values
 * as an exit will have them. */
static struct ranked
rank_row(const struct fit_rows *rows, const struct fit_report *report,
    enum score s, size_t i, float *v)
{
    const double *z = report->held + i * rows->classes;
    const int32_t best = fit_argmax(z, rows->classes);

    for (size_t k = 0; k < rows->classes; k++)
        v[k] = (float)z[k];
    return (struct ranked){ score_from(s, v, rows->classes, (size_t)best, true),
        best == rows->y[rows->n_fit + i] };
}

enum status
rank_scores(const struct fit_rows *rows, const struct fit_report *report,
    size_t first, double area[SCORE_KINDS], struct err *err)
{
    const size_t n = rows->n_held - first;
    struct ranked *r = malloc((n + 1) * sizeof(*r));
    float *v = malloc(rows->classes * sizeof(*v));
    enum status st = r != NULL && v != NULL ? ST_OK : err_nomem(err);

    for (int s = 0; st == ST_OK && s < SCORE_KINDS; s++) {
        for (size_t i = 0; i < n; i++)
            r[i] = rank_row(rows, report, (enum score)s, first + i, v);
        area[s] = rank_area(r, n);
    }
    free(r);
    free(v);
    return st;
}

enum score
rank_best(const double area[SCORE_KINDS])
{
    int best = 0;

    for (int s = 1; s < SCORE_KINDS; s++)
        if (area[s] > area[best])
            best = s;
    return (enum score)best;
}
