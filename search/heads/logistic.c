/* SPDX-License-Identifier: MIT */
#include "search/heads/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>
#include <lbfgs.h>

#include "search/heads/blas.h"

/* Values by `w` ([classes][width]) and biases, in floats. */
static void
values(
    const struct logistic_data *d, const float *w, const double *bias, float *z)
{
    for (size_t i = 0; i < d->n; i++)
        for (size_t k = 0; k < d->classes; k++)
            z[i * d->classes + k] = (float)bias[k];
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)d->n,
        (int)d->classes, (int)d->width, 1, d->x, (int)d->width, w,
        (int)d->width, 1, z, (int)d->classes);
}

static void
to_floats(const double *from, float *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (float)from[i];
}

enum status
logistic_values(
    const struct logistic_data *d, const double *w, double *z, struct err *err)
{
    const size_t weights = d->classes * d->width, n = d->n * d->classes;
    float *fw = malloc((weights + 1) * sizeof(*fw));
    float *fz = malloc((n + 1) * sizeof(*fz));
    bool ok = fw != NULL && fz != NULL;

    if (ok) {
        blas_start();
        to_floats(w, fw, weights);
        values(d, fw, w + weights, fz);
        for (size_t i = 0; i < n; i++)
            z[i] = fz[i];
    }
    free(fw);
    free(fz);
    return ok ? ST_OK : err_nomem(err);
}

/* log sum exp(z / t) of one row. */
static double
log_sum(const double *z, size_t n, double t)
{
    double most = z[0], sum = 0;

    for (size_t i = 1; i < n; i++)
        most = z[i] > most ? z[i] : most;
    for (size_t i = 0; i < n; i++)
        sum += exp((z[i] - most) / t);
    return most / t + log(sum);
}

double
logistic_loss(
    const double *z, const int32_t *y, size_t n, size_t classes, double t)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += log_sum(z + i * classes, classes, t) - z[i * classes + y[i]] / t;
    return n > 0 ? sum / (double)n : NAN;
}

double
logistic_temperature(
    const double *z, const int32_t *y, size_t n, size_t classes)
{
    const double golden = 0.6180339887498949;
    double lo = log(0.05), hi = log(20);
    double a = hi - golden * (hi - lo), b = lo + golden * (hi - lo);
    double fa = logistic_loss(z, y, n, classes, exp(a));
    double fb = logistic_loss(z, y, n, classes, exp(b));

    while (hi - lo > 1e-3) {
        if (fa < fb) {
            hi = b;
            b = a;
            fb = fa;
            a = hi - golden * (hi - lo);
            fa = logistic_loss(z, y, n, classes, exp(a));
        } else {
            lo = a;
            a = b;
            fa = fb;
            b = lo + golden * (hi - lo);
            fb = logistic_loss(z, y, n, classes, exp(b));
        }
    }
    return exp((lo + hi) / 2);
}

/* ---- the objective ---- */

struct objective {
    const struct logistic_data *d;
    double l2;
    float *w, *g; /* [classes][width] of the parameters, of the gradient */
    float *z;     /* [n][classes]: values, then residuals */
    double gradient_norm;
    int iterations;
};

/* Class values to (probability - target) / n, summed into the biases'
 * gradient; returns the mean loss. */
static double
residuals(const struct logistic_data *d, float *z, double *bias)
{
    const double share = 1 / (double)d->n;
    double sum = 0;

    memset(bias, 0, d->classes * sizeof(*bias));
    for (size_t i = 0; i < d->n; i++) {
        float *row = z + i * d->classes;
        float most = row[0];
        double norm = 0;

        for (size_t k = 1; k < d->classes; k++)
            most = row[k] > most ? row[k] : most;
        sum += most - row[d->y[i]];
        for (size_t k = 0; k < d->classes; k++)
            norm += row[k] = expf(row[k] - most);
        sum += log(norm);
        for (size_t k = 0; k < d->classes; k++) {
            double r = row[k] / norm - (k == (size_t)d->y[i]);

            bias[k] += r * share;
            row[k] = (float)(r * share);
        }
    }
    return sum * share;
}

static lbfgsfloatval_t
evaluate(void *ctx, const lbfgsfloatval_t *x, lbfgsfloatval_t *g, const int n,
    const lbfgsfloatval_t step)
{
    const struct objective *o = ctx;
    const struct logistic_data *d = o->d;
    const size_t weights = d->classes * d->width;
    double value;

    (void)n;
    (void)step;
    to_floats(x, o->w, weights);
    values(d, o->w, x + weights, o->z);
    value = residuals(d, o->z, g + weights);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)d->classes,
        (int)d->width, (int)d->n, 1, o->z, (int)d->classes, d->x, (int)d->width,
        0, o->g, (int)d->width);
    for (size_t i = 0; i < weights; i++)
        g[i] = o->g[i] + o->l2 * x[i];
    return value + o->l2 / 2 * cblas_ddot((int)weights, x, 1, x, 1);
}

static int
progress(void *ctx, const lbfgsfloatval_t *x, const lbfgsfloatval_t *g,
    const lbfgsfloatval_t fx, const lbfgsfloatval_t xnorm,
    const lbfgsfloatval_t gnorm, const lbfgsfloatval_t step, int n, int k,
    int ls)
{
    struct objective *o = ctx;

    (void)x, (void)g, (void)fx, (void)step, (void)n, (void)ls;
    o->gradient_norm = gnorm / (xnorm > 1 ? xnorm : 1);
    o->iterations = k;
    return 0;
}

/* Run libLBFGS; any end but a lack of memory keeps the best point reached. */
static int
descend(struct objective *o, double *x, size_t n, double tolerance)
{
    lbfgs_parameter_t how;

    lbfgs_parameter_init(&how);
    how.epsilon = tolerance;
    how.max_iterations = LOGISTIC_ITERATIONS;
    how.m = 10;
    blas_start();
    return lbfgs((int)n, x, NULL, evaluate, progress, o, &how);
}

enum status
logistic_fit(const struct logistic_data *d, double l2, double tolerance,
    struct logistic_fit *out, struct err *err)
{
    const size_t weights = d->classes * d->width, n = weights + d->classes;
    struct objective o = { .d = d, .l2 = l2 };
    /* libLBFGS may want its own alignment. */
    double *x = lbfgs_malloc((int)n);
    int rc = LBFGSERR_OUTOFMEMORY;

    o.w = malloc((weights + 1) * sizeof(*o.w));
    o.g = malloc((weights + 1) * sizeof(*o.g));
    o.z = malloc(d->n * d->classes * sizeof(*o.z));
    if (x != NULL && o.w != NULL && o.g != NULL && o.z != NULL) {
        memcpy(x, out->w, n * sizeof(*x));
        rc = descend(&o, x, n, tolerance);
        memcpy(out->w, x, n * sizeof(*x));
    }
    lbfgs_free(x);
    free(o.w);
    free(o.g);
    free(o.z);
    if (rc == LBFGSERR_OUTOFMEMORY)
        return err_nomem(err);
    out->l2 = l2;
    out->gradient_norm = o.gradient_norm;
    out->iterations = o.iterations;
    out->converged = rc == LBFGS_SUCCESS || rc == LBFGS_ALREADY_MINIMIZED;
    return ST_OK;
}

static enum status
held_loss(
    const struct logistic_data *held, struct logistic_fit *f, struct err *err)
{
    double *z = malloc((held->n * held->classes + 1) * sizeof(*z));
    enum status st =
        z != NULL ? logistic_values(held, f->w, z, err) : err_nomem(err);

    if (st == ST_OK)
        f->loss = logistic_loss(z, held->y, held->n, held->classes, 1);
    free(z);
    return st;
}

/* The penalty whose fit loses least on `held`; `best` has its weights. */
static enum status
compare(const struct logistic_data *d, const struct logistic_data *held,
    struct logistic_fit *f, struct logistic_fit *best, struct err *err)
{
    static const double l2[] = { 1e-1, 1e-2, 1e-3, 1e-4, 1e-5 };
    const size_t n = d->classes * (d->width + 1);
    double *w = best->w;
    enum status st;

    for (size_t i = 0; i < sizeof(l2) / sizeof(l2[0]); i++) {
        if ((st = logistic_fit(d, l2[i], 10 * LOGISTIC_TOLERANCE, f, err)) !=
                ST_OK ||
            (st = held_loss(held, f, err)) != ST_OK)
            return st;
        /* Weaker ones only fit the fitted rows more closely from here. */
        if (i > 0 && !(f->loss < best->loss))
            break;
        memcpy(w, f->w, n * sizeof(*w));
        *best = *f;
        best->w = w;
    }
    return ST_OK;
}

enum status
logistic_choose(const struct logistic_data *d, const struct logistic_data *held,
    struct logistic_fit *out, struct err *err)
{
    const size_t n = d->classes * (d->width + 1);
    struct logistic_fit f = { .w = calloc(n, sizeof(double)) };
    enum status st;

    *out = (struct logistic_fit){ .w = calloc(n, sizeof(double)) };
    if (f.w == NULL || out->w == NULL)
        st = err_nomem(err);
    else if ((st = compare(d, held, &f, out, err)) == ST_OK &&
             (st = logistic_fit(d, out->l2, LOGISTIC_TOLERANCE, out, err)) ==
                 ST_OK)
        st = held_loss(held, out, err);
    free(f.w);
    return st;
}

void
logistic_clear(struct logistic_fit *f)
{
    free(f->w);
    *f = (struct logistic_fit){ 0 };
}
