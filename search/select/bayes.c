/* SPDX-License-Identifier: MIT */
/* Naive Bayes with a normal distribution for each feature of each class; every
 * variance is raised by 1e-9 of the largest, so that none is 0. */
#include <math.h>
#include <stdlib.h>

#include "search/select/premodel.h"

struct bayes {
    int d, classes;
    double prior[PREMODEL_CLASSES_MAX]; /* ln; -INFINITY: no row */
    double mv[];                        /* [classes][d]: mean, variance */
};

static void
moments(const struct premodel_rows *r, struct bayes *m, double *count)
{
    for (size_t i = 0; i < r->n; i++) {
        double *at = m->mv + 2 * (size_t)r->y[i] * (size_t)r->d;

        count[r->y[i]]++;
        for (int j = 0; j < r->d; j++)
            at[2 * j] += r->x[i * (size_t)r->d + (size_t)j];
    }
    for (int c = 0; c < r->classes; c++)
        for (int j = 0; j < r->d && count[c] > 0; j++)
            m->mv[2 * (c * r->d + j)] /= count[c];
    for (size_t i = 0; i < r->n; i++) {
        double *at = m->mv + 2 * (size_t)r->y[i] * (size_t)r->d;

        for (int j = 0; j < r->d; j++) {
            double from = r->x[i * (size_t)r->d + (size_t)j] - at[2 * j];

            at[2 * j + 1] += from * from / count[r->y[i]];
        }
    }
}

static enum status
train(const struct premodel_rows *r, void **out, size_t *bytes, struct err *err)
{
    size_t cells = (size_t)r->classes * (size_t)r->d;
    double count[PREMODEL_CLASSES_MAX] = { 0 }, largest = 0;
    struct bayes *m;

    *bytes = sizeof(*m) + 2 * cells * sizeof(double);
    if ((*out = m = calloc(1, *bytes)) == NULL)
        return err_nomem(err);
    m->d = r->d;
    m->classes = r->classes;
    moments(r, m, count);
    for (size_t i = 0; i < cells; i++)
        largest = fmax(largest, m->mv[2 * i + 1]);
    for (size_t i = 0; i < cells; i++)
        m->mv[2 * i + 1] += fmax(1e-9 * largest, 1e-12);
    for (int c = 0; c < r->classes; c++)
        m->prior[c] = log(count[c] / (double)r->n);
    return ST_OK;
}

static int
predict(const void *model, const double *x)
{
    const struct bayes *m = model;
    double most = -INFINITY;
    int best = 0;

    for (int c = 0; c < m->classes; c++) {
        double sum = m->prior[c];

        for (int j = 0; j < m->d && isfinite(sum); j++) {
            const double *at = m->mv + 2 * (c * m->d + j);

            sum -=
                log(at[1]) / 2 + (x[j] - at[0]) * (x[j] - at[0]) / (2 * at[1]);
        }
        if (sum > most) {
            most = sum;
            best = c;
        }
    }
    return best;
}

const struct premodel_kind premodel_bayes = { "bayes",
    "naive Bayes, a normal for each feature", train, predict };
