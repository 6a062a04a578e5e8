/* SPDX-License-Identifier: MIT */
/* The five nearest rows vote (Euclidean, uniform); of equally near ones the
 * earlier. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/select/premodel.h"

struct knn {
    size_t n;
    int d, classes;
    uint8_t *y; /* into `x`'s end */
    double x[];
};

static enum status
train(const struct premodel_rows *rows, void **out, size_t *bytes,
    struct err *err)
{
    size_t cells = rows->n * (size_t)rows->d;
    struct knn *m;

    *bytes = sizeof(*m) + cells * sizeof(double) + rows->n;
    if ((*out = m = malloc(*bytes)) == NULL)
        return err_nomem(err);
    *m = (struct knn){ .n = rows->n, .d = rows->d, .classes = rows->classes };
    m->y = (uint8_t *)(m->x + cells);
    memcpy(m->x, rows->x, cells * sizeof(double));
    memcpy(m->y, rows->y, rows->n);
    return ST_OK;
}

struct near {
    double distance;
    uint8_t y;
};

static double
distance(const double *a, const double *b, int d, double enough)
{
    double sum = 0;

    for (int j = 0; j < d && sum < enough; j++)
        sum += (a[j] - b[j]) * (a[j] - b[j]);
    return sum;
}

static int
predict(const void *model, const double *x)
{
    const struct knn *m = model;
    struct near near[PREMODEL_NEIGHBOURS + 1];
    size_t votes[PREMODEL_CLASSES_MAX] = { 0 }, k = 0;
    int best = 0;

    for (size_t i = 0; i < m->n; i++) {
        double last = k < PREMODEL_NEIGHBOURS ? INFINITY : near[k - 1].distance;
        double far = distance(m->x + i * (size_t)m->d, x, m->d, last);
        size_t at = k;

        if (far >= last)
            continue;
        for (; at > 0 && far < near[at - 1].distance; at--)
            near[at] = near[at - 1];
        near[at] = (struct near){ far, m->y[i] };
        k += k < PREMODEL_NEIGHBOURS;
    }
    for (size_t i = 0; i < k; i++)
        votes[near[i].y]++;
    for (int c = 1; c < m->classes; c++)
        if (votes[c] > votes[best])
            best = c;
    return best;
}

const struct premodel_kind premodel_knn = { "knn",
    "the five nearest samples vote", train, predict };
