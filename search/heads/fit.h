/* SPDX-License-Identifier: MIT */
/*
 * fit.h -- one head fitted on features.
 *
 * Features are standardised on the rows fitted on, and what was learned is
 * folded back, so the head reads the tensor as it is.  Held-out rows choose
 * the penalty (or the epoch) and the temperature.  No state; one thread.
 */
#ifndef OFFRAMP_HEADS_FIT_H
#define OFFRAMP_HEADS_FIT_H

#include "search/heads/features.h"
#include "search/heads/head.h"

/* Rows to fit on, then rows held out; borrowed. */
struct fit_rows {
    const struct features *f;
    size_t column;    /* where the front's features start */
    const size_t *at; /* [n_fit + n_held] rows of `f` */
    const int32_t *y; /* [n_fit + n_held] their classes */
    size_t n_fit, n_held, classes;
    uint64_t seed;
};

struct fit_report {
    float *last;  /* [n_held] rows of what the last layer reads; owned;
                   * NULL where that is the features as they are */
    double *held; /* [n_held][classes] class values over the temperature;
                   * owned: fit_report_clear() */
    double loss;  /* of those */
    double temperature;
    double gradient_norm, tolerance, l2; /* NaN where Adam was used */
    int iterations;                      /* of L-BFGS, or epochs of Adam */
    size_t constant;                     /* features that never change */
    bool converged;
};

/* Fit `h`, whose kind and front are set, as one linear layer to its optimum.
 * ST_UNPROCESSABLE, code "augment.constant_features": all of them are. */
enum status fit_linear(struct head *h, const struct fit_rows *rows,
    struct fit_report *out, struct err *err) MUST_CHECK;

/* Fit `h`, whose kind, front and layers (without weights) are set: Adam with
 * a seed, ended early, the best weights kept.  The same failures. */
enum status fit_net(struct head *h, const struct site *s,
    const struct fit_rows *rows, struct fit_report *out,
    struct err *err) MUST_CHECK;

/* Areas under the ROC curve (rank.h). */
struct sure_report {
    double auc, auc_probability; /* the confidence head's; largest
                                  * probability's; NaN: all right or wrong */
    size_t n;                    /* rows that tell */
};

/*
 * Fit a confidence head on held-out rows, which the head has not seen: four
 * fifths fit it, the rest judges.  It is kept (h->sure) where it ranks better
 * than the largest probability does.
 */
enum status fit_sure(struct head *h, const struct fit_rows *rows,
    const struct fit_report *report, struct sure_report *out,
    struct err *err) MUST_CHECK;

void fit_report_clear(struct fit_report *r);

/* The class of largest value in each row. */
int32_t fit_argmax(const double *values, size_t classes);

#endif
