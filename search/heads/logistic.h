/* SPDX-License-Identifier: MIT */
/*
 * logistic.h -- multinomial logistic regression with an L2 penalty, to its
 * optimum: L-BFGS (libLBFGS), products by OpenBLAS in floats (the
 * sums over rows stay far below the tolerance), the rest in doubles.
 *
 * Minimised is  mean cross-entropy + l2/2 |W|^2  (biases are free).  Done
 * once |gradient| / max(1, |parameters|) is below a tolerance, which is
 * libLBFGS's own test: LOGISTIC_TOLERANCE, or ten times that while
 * penalties are compared.  No state; one thread a call.
 */
#ifndef OFFRAMP_HEADS_LOGISTIC_H
#define OFFRAMP_HEADS_LOGISTIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define LOGISTIC_TOLERANCE 1e-4
enum { LOGISTIC_ITERATIONS = 500 };

/* Rows of standardised features and their classes; borrowed. */
struct logistic_data {
    const float *x;   /* [n][width] */
    const int32_t *y; /* [n], each below `classes` */
    size_t n, width, classes;
};

struct logistic_fit {
    double *w; /* [classes][width], then [classes] biases; owned */
    double l2;
    double gradient_norm; /* relative, as above */
    double loss;          /* mean cross-entropy on the data judged by */
    int iterations;       /* of the chosen l2 */
    bool converged;
};

/* Fit for one `l2`, starting at out->w as it is. */
enum status logistic_fit(const struct logistic_data *d, double l2,
    double tolerance, struct logistic_fit *out, struct err *err) MUST_CHECK;

/* Fit from a strong penalty to a weak one, each from where the last ended;
 * take the one with the least loss on `held` to its optimum.  The caller ends
 * *out with logistic_clear() whatever the outcome. */
enum status logistic_choose(const struct logistic_data *d,
    const struct logistic_data *held, struct logistic_fit *out,
    struct err *err) MUST_CHECK;
void logistic_clear(struct logistic_fit *f);

/* Class values (before softmax) of rows: z is [n][classes]. */
enum status logistic_values(const struct logistic_data *d, const double *w,
    double *z, struct err *err) MUST_CHECK;

/* Mean cross-entropy of class values over `t`, a temperature. */
double logistic_loss(
    const double *z, const int32_t *y, size_t n, size_t classes, double t);

/* The temperature of least loss, between 1/20 and 20 (golden section: the
 * loss is unimodal in log t).  Guo et al., ICML 2017. */
double logistic_temperature(
    const double *z, const int32_t *y, size_t n, size_t classes);

#endif
