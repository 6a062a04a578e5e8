/* SPDX-License-Identifier: MIT */
/*
 * score.h -- how sure a classifier's values are, as one number in 0..1 where
 * larger is surer.
 *
 * A sample leaves at an exit whose score is at least its threshold, so whoever
 * fits, records, searches or runs an exit has to mean the same by it: the
 * words and the formulas are here and nowhere else.  Pure.
 */
#ifndef OFFRAMP_SCORE_H
#define OFFRAMP_SCORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* p: class probabilities, the softmax of the values where those are logits;
 * K classes; H their entropy, -sum p ln p. */
#define SCORE_MAP(X)                                                           \
    X(SCORE_MAX_PROBABILITY, "max_probability") /* the largest p */            \
    X(SCORE_MARGIN, "margin")                   /* it less the second one */   \
    X(SCORE_ENTROPY, "entropy")                 /* 1 - H / ln K */

enum score {
#define X(name, word) name,
    SCORE_MAP(X)
#undef X
        SCORE_KINDS
};

const char *score_word(enum score s);

/* SCORE_KINDS where no score is called so; NULL is none. */
enum score score_find(const char *word);

/* The same for a member of a document: ST_INVALID "request.field" names
 * `path` and the words. */
enum status score_read(const char *word, const char *path, enum score *out,
    struct err *err) MUST_CHECK;

/* The score of `n` finite values of which v[best] is the largest; one class
 * is always sure. */
double score_from(
    enum score s, const float *v, size_t n, size_t best, bool logits);

#endif
