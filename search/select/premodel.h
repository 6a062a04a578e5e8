/* SPDX-License-Identifier: MIT */
/*
 * premodel.h -- small classifiers that look at features of a sample before a
 * network runs: nearest neighbours, a decision tree, naive Bayes.
 *
 * Rows are scaled by the caller; a model keeps what it needs of them and does
 * not borrow.  Deterministic: ties go to the lowest class.  A trained model
 * may be asked by several threads.
 */
#ifndef OFFRAMP_SEARCH_PREMODEL_H
#define OFFRAMP_SEARCH_PREMODEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum {
    PREMODEL_FEATURES_MAX = 64,
    PREMODEL_CLASSES_MAX = 66,
    PREMODEL_NEIGHBOURS = 5,
    PREMODEL_DEPTH = 16,
    PREMODEL_LEAF = 5, /* rows in a leaf at least */
};

struct premodel_rows {
    const double *x;  /* [n][d]; borrowed */
    const uint8_t *y; /* [n], below `classes`; borrowed */
    size_t n;
    int d, classes;
};

struct premodel_kind {
    const char *name, *summary;
    /* On ST_OK the caller ends *out with free(); *bytes is its size. */
    enum status (*train)(const struct premodel_rows *rows, void **out,
        size_t *bytes, struct err *err);
    int (*predict)(const void *model, const double *x);
};

/* Ends with NULL. */
extern const struct premodel_kind *const premodel_kinds[];
extern const struct premodel_kind premodel_knn, premodel_tree, premodel_bayes;

#endif
