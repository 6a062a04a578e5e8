/* SPDX-License-Identifier: MIT */
/*
 * augment.h -- the stages of the task `augment`, which share one struct:
 * which rows, one pass over them, every head fitted, the best ones written.
 * Private to task_augment.c and augment_*.c; one thread, which shares the
 * pass and the fitting out to a crew.
 */
#ifndef OFFRAMP_WORKER_AUGMENT_H
#define OFFRAMP_WORKER_AUGMENT_H

#include "search/heads/features.h"
#include "search/heads/fit.h"
#include "search/heads/options.h"
#include "search/worker/dataset.h"

struct runtime;
struct crew;

/* Why a head is not kept: word, sentence. */
#define REJECT_MAP(X)                                                          \
    X(REJECT_NOT, NULL)                                                        \
    X(REJECT_GUESSING, "guessing")          /* number: its accuracy */         \
    X(REJECT_CONSTANT, "constant_features") /* number: how many */             \
    X(REJECT_DOMINATED, "dominated")        /* number: what it is better by */ \
    X(REJECT_NO_EXTENT, "no_extent")        /* number: windows */              \
    X(REJECT_NO_SAVING, "no_saving") /* number: multiplications saved */       \
    X(REJECT_NO_CLASSIFIER, "no_classifier") /* no dense layers; no number */  \
    X(REJECT_TOO_WIDE, "too_wide")           /* number: features */            \
    X(REJECT_MEMORY, "memory") /* number: bytes over the device's */

enum reject {
#define X(name, word) name,
    REJECT_MAP(X)
#undef X
};

/* Features of one site that one head or several read. */
struct aug_front {
    int site;
    struct front front;
    size_t column; /* in a row of the features */
};

/* `hidden` is tried on a grid and on the global average. */
enum { HEADS_A_SITE = HEAD_KINDS + 1 };

struct aug_head {
    int site;
    size_t front; /* among the fronts; unset where rejected before fitting */
    struct head head;
    struct fit_report report;
    struct sure_report sure;  /* n 0: not asked for */
    double area[SCORE_KINDS]; /* how scores rank (rank.h) */
    enum score score;
    bool fitted;
    double accuracy, agreement; /* of the held-out rows; NaN: unknown */
    enum reject reject;
    double number;
    char exit[ATTACH_NAME]; /* its output; "" while it has none */
};

/* Bytes of the plain network and, once they are chosen, with all kept heads. */
struct aug_memory {
    int64_t weights, peak, weights_kept, peak_kept;
};

struct augment {
    struct task *task;
    struct runtime *rt;
    struct crew *crew; /* options.threads members */
    struct plain plain;
    struct dataset data;
    struct augment_options opt;
    /* Borrowed from the payload; `options` may be NULL. */
    const char *model_hex;
    const json_t *dataset, *options;

    /* augment_rows.c; owned */
    size_t *row; /* [n] rows of the data set, ascending */
    size_t n;
    size_t *at;      /* [n] indices into `row`: to fit on, then held out */
    int32_t *target; /* [n] in the order of `at`: what heads learn */
    size_t n_fit, n_held;
    /* [2][classes]: which classes occur among the rows fitted on, and among
     * those held out */
    bool *seen;
    bool class_missing; /* of either part */

    /* augment_pass.c; owned.  A row of features starts with the network's
     * own class values. */
    struct aug_front *front;
    size_t n_fronts;
    struct features features;

    struct aug_memory memory; /* augment_memory.c */

    struct aug_head *head; /* augment_fit.c; owned */
    size_t n_heads;
    double seconds_pass, seconds_fit;
};

/* What the network itself answers for row `i` of `row`. */
int32_t augment_own(const struct augment *a, size_t i);
/* The label of row `i` of `row`; -1: unknown. */
int32_t augment_label(const struct augment *a, size_t i);

/* Decide on rows; and, once the pass has told what the network answers, on
 * parts and targets.  ST_UNPROCESSABLE: codes `augment.*`, `dataset.*`. */
enum status augment_rows(struct augment *a, struct err *err) MUST_CHECK;
enum status augment_targets(struct augment *a, struct err *err) MUST_CHECK;

/* List the heads to try and the fronts they read. */
enum status augment_plan(struct augment *a, struct err *err) MUST_CHECK;

/* One pass of the backbone over the rows. */
enum status augment_pass(struct augment *a, struct err *err) MUST_CHECK;

/* Fit all heads; keep at most one a site. */
enum status augment_fit(struct augment *a, struct err *err) MUST_CHECK;

/* What the plain network needs; a head that does not fit beside it; and the
 * heaviest of the kept heads left out until all fit together. */
enum status augment_memory_plain(struct augment *a, struct err *err) MUST_CHECK;
void augment_memory_check(const struct augment *a, struct aug_head *h);
void augment_memory_fit(struct augment *a);

/* Write the model with its heads; the document is owned by the caller. */
enum status augment_write(
    struct augment *a, json_t **out, struct err *err) MUST_CHECK;

#endif
