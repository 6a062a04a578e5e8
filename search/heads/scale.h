/* SPDX-License-Identifier: MIT */
/* scale.h -- features brought to mean 0 and deviation 1, and what was fitted
 * on such brought back.  One thread, no state. */
#ifndef OFFRAMP_HEADS_SCALE_H
#define OFFRAMP_HEADS_SCALE_H

#include "search/heads/fit.h"

struct scale {
    double *mean;    /* [width], owned */
    double *inverse; /* [width] 1 / deviation; 0 where a feature is constant */
    size_t width, constant;
};

/* Of the rows fitted on.  On ST_OK end it with scale_clear(). */
enum status scale_find(struct scale *s, const struct fit_rows *rows,
    size_t width, struct err *err) MUST_CHECK;
void scale_clear(struct scale *s);

/* For convolutions: one deviation for all windows of a channel, taken from 0,
 * so that padding by zeros stays what it is. */
void scale_by_channel(struct scale *s, size_t channels);

/* Standardise rows first.. as floats: x is [n][width]. */
void scale_rows(const struct scale *s, const struct fit_rows *rows,
    size_t first, size_t n, float *x);

/* A dense layer that takes features as they are: weights [out][in] and biases
 * fitted on standardised ones, all over `temperature`.  ST_NOMEM. */
enum status scale_fold(const struct scale *s, const double *w, const double *b,
    size_t out, double temperature, struct head_layer *l,
    struct err *err) MUST_CHECK;

#endif
