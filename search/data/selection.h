/* SPDX-License-Identifier: MIT */
/*
 * selection.h -- one of several profiled configurations for each sample: the
 * document offramp.selection/1, which `offramp select` prints.
 *
 * A configuration is what a sample costs and whether its answer is right:
 * from exit records and costs, of a whole network or of a plan.  All of them
 * must speak of the same samples, which have labels.
 */
#ifndef OFFRAMP_DATA_SELECTION_H
#define OFFRAMP_DATA_SELECTION_H

#include "base/json.h"
#include "search/data/costs.h"
#include "search/data/records.h"
#include "search/select/cross.h"

struct selection {
    size_t n;
    int configs;
    char *name[SELECT_MAX]; /* owned */
    double *cost;           /* owned, [configs][n] */
    uint8_t *right;         /* owned, [configs][n] */
    char **sample;          /* owned, [n] */
    uint32_t *group;        /* owned, [n]; NULL: no groups */
    double *x;              /* owned, [n][d] */
    int d;
    const char *feature[PREMODEL_FEATURES_MAX]; /* borrowed; NULL: no name */
};
void selection_clear(struct selection *s);

/* Add one: its answers are those of `r` (of a sample's last exit, or with
 * `plan`, an offramp.plan/1 document, of the exit where it leaves), its costs
 * those of `c`.  ST_INVALID or ST_UNPROCESSABLE ("select.records", ..) where
 * samples or exits do not fit. */
enum status selection_add(struct selection *s, const char *name,
    const struct records *r, const struct costs *c, const json_t *plan,
    const char *objective, struct err *err) MUST_CHECK;

/* Features of the user: .npy [n][d].  ST_UNPROCESSABLE "select.features" names
 * a value that is no number and a column that is constant. */
enum status selection_features(
    struct selection *s, const char *path, struct err *err) MUST_CHECK;

/* Features of images: .npy of u1, [n][c][h][w], or [n][h][w][c] with
 * `channels_last`.  A feature that is the same for all is left out.
 * *each_ns: the time that one image took here, a mean. */
enum status selection_images(struct selection *s, const char *path,
    bool channels_last, double *each_ns, struct err *err) MUST_CHECK;

struct selection_options {
    enum select_rule rule;
    double theta;        /* gain that a configuration must bring (0.005) */
    double feature_cost; /* of a sample's features, in the objective's unit */
    int64_t folds;       /* 10 */
    uint64_t seed;       /* of the folds; groups stay whole */
};
void selection_options_init(struct selection_options *o);

/* On ST_OK the caller owns *out. */
enum status selection_run(const struct selection *s, const char *objective,
    const struct selection_options *o, json_t **out,
    struct err *err) MUST_CHECK;

#endif
