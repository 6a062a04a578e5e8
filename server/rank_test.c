/* SPDX-License-Identifier: MIT */
#include "server/rank_test.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_MAX = 20, U_MAX = EXACT_MAX * EXACT_MAX };

struct value {
    double x;
    bool first; /* of sample a */
};

static int
by_size(const void *a, const void *b)
{
    double x = ((const struct value *)a)->x, y = ((const struct value *)b)->x;

    return (x > y) - (x < y);
}

/* The sum of a's ranks (equal values share their mean rank), and of t^3 - t
 * over the groups of equal values. */
static void
rank_sum(const struct value *v, size_t n, double *sum, double *ties)
{
    *sum = *ties = 0;
    for (size_t i = 0, next; i < n; i = next) {
        size_t in_a = 0;
        double t;

        for (next = i; next < n && v[next].x == v[i].x; next++)
            in_a += v[next].first;
        t = (double)(next - i);
        *sum += (double)in_a * ((double)i + (t + 1) / 2);
        *ties += t * t * t - t;
    }
}

/* Count the orders of n and m values by their U.  The largest value is either
 * of a, and then exceeds all j of b, or it is of b:
 * ways(i, j, u) = ways(i - 1, j, u - j) + ways(i, j - 1, u). */
static double
exact_p(size_t n, size_t m, double u)
{
    double ways[EXACT_MAX + 1][U_MAX + 1];
    double all = 0, tail = 0, middle = (double)(n * m) / 2;

    memset(ways, 0, sizeof(ways));
    for (size_t i = 0; i <= n; i++)
        ways[i][0] = 1; /* against no b */
    for (size_t j = 1; j <= m; j++)
        for (size_t i = 1; i <= n; i++)
            for (size_t k = j; k <= n * m; k++)
                ways[i][k] += ways[i - 1][k - j];
    for (size_t k = 0; k <= n * m; k++) {
        all += ways[n][k];
        if (fabs((double)k - middle) >= fabs(u - middle))
            tail += ways[n][k];
    }
    return tail / all;
}

static double
normal_p(double n, double m, double u, double ties)
{
    double N = n + m;
    double var = n * m / 12 * ((N + 1) - ties / (N * (N - 1)));
    double far = fmax(0, fabs(u - n * m / 2) - 0.5);

    return var > 0 ? erfc(far / sqrt(var) / sqrt(2)) : 1;
}

enum status
rank_test(const double *a, size_t n, const double *b, size_t m, double *p,
    struct err *err)
{
    struct value *v;
    double sum, ties, u;

    *p = NAN;
    if (n == 0 || m == 0)
        return ST_OK;
    if ((v = calloc(n + m, sizeof(*v))) == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < n + m; i++)
        v[i] = (struct value){ i < n ? a[i] : b[i - n], i < n };
    qsort(v, n + m, sizeof(*v), by_size);
    rank_sum(v, n + m, &sum, &ties);
    free(v);
    u = sum - (double)n * ((double)n + 1) / 2;
    *p = n <= EXACT_MAX && m <= EXACT_MAX && ties == 0
             ? exact_p(n, m, u)
             : normal_p((double)n, (double)m, u, ties);
    return ST_OK;
}
