/* SPDX-License-Identifier: MIT */
/*
 * cross.h -- premodels judged by k-fold cross-validation: every sample's
 * configuration is chosen by models that have not seen it, from a set of
 * configurations chosen without it, from features scaled without it.
 */
#ifndef OFFRAMP_SEARCH_SELECT_CROSS_H
#define OFFRAMP_SEARCH_SELECT_CROSS_H

#include "search/select/premodel.h"
#include "search/select/select.h"

enum { SELECT_FOLDS_MAX = 100 };

enum select_shape {
    /* One yes-or-no model for each member of the set in its order, each
     * trained on all rows; the first that says yes is chosen. */
    SELECT_CASCADE,
    SELECT_SINGLE, /* one model over all members and "none" */
};

struct select_ask {
    const struct select_table *table;
    const double *x; /* [n][d], finite; borrowed */
    int d;
    const uint8_t *fold; /* [n], below `folds`; borrowed */
    int folds;
    enum select_rule rule;
    double theta;
};

/* The set and its premodels, trained on all rows but those of fold
 * `leave_out` (-1: on all).  On ST_OK the caller ends *out with
 * select_model_free(). */
struct select_model; /* opaque: see cross.c */
enum status select_train(const struct select_ask *ask,
    const struct premodel_kind *kind, enum select_shape shape, int leave_out,
    struct select_model **out, struct err *err) MUST_CHECK;
void select_model_free(struct select_model *m);
size_t select_model_bytes(const struct select_model *m);

/* A configuration for a sample's features (as they are, not scaled), or
 * SELECT_NONE. */
int select_decide(const struct select_model *m, const double *x);

/* Into chosen[n]: a configuration, or SELECT_NONE where the models expect all
 * to fail.  *bytes: of the largest fold's models.  ST_NOMEM. */
enum status select_cross(const struct select_ask *ask,
    const struct premodel_kind *kind, enum select_shape shape, uint8_t *chosen,
    size_t *bytes, struct err *err) MUST_CHECK;

/* The columns' smallest and largest in `n` rows. */
struct select_scale {
    double low[PREMODEL_FEATURES_MAX], high[PREMODEL_FEATURES_MAX];
};
void select_scale_find(
    struct select_scale *s, const double *x, size_t n, int d);

/* To 0..1 by them; 0 where a column is constant. */
void select_scale_row(
    const struct select_scale *s, const double *x, int d, double *out);

#endif
