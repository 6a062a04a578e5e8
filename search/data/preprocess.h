/* SPDX-License-Identifier: MIT */
/*
 * preprocess.h -- from a stored row to what a network takes:
 * (x * scale - mean) / std a channel, or the z-score of each sample, and the
 * channels first.
 */
#ifndef OFFRAMP_DATA_PREPROCESS_H
#define OFFRAMP_DATA_PREPROCESS_H

#include <stdbool.h>

#include "base/json.h"
#include "search/data/npy.h"

enum { PREPROCESS_CHANNELS = 256 };

struct preprocess {
    double scale;
    size_t n_mean, n_std; /* 0: none; 1: for all; else one a channel */
    double mean[PREPROCESS_CHANNELS], std[PREPROCESS_CHANNELS];
    bool zscore;        /* then each sample: minus its mean, over its sd */
    bool channels_last; /* rows are HWC and are turned into CHW */
};

/* Read {"scale","mean","std","per_sample","layout"}; `o` NULL or null: leave
 * values as they are.  ST_INVALID, code "dataset.preprocess", names the
 * member. */
enum status preprocess_read(
    const json_t *o, struct preprocess *out, struct err *err) MUST_CHECK;

/* Shape of a prepared row: `dims` has room for NPY_RANK, *rank counts it.
 * ST_UNPROCESSABLE, code "dataset.preprocess", where mean or std do not fit
 * the channels. */
enum status preprocess_shape(const struct preprocess *p, const struct npy *a,
    int64_t *dims, size_t *rank, struct err *err) MUST_CHECK;

/* Prepare a row: `raw` as npy_row() gave it, `out` with as many elements. */
void preprocess_row(const struct preprocess *p, const struct npy *a,
    const float *raw, float *out);

#endif
