/* SPDX-License-Identifier: MIT */
/* run_samples.h -- what goes into a run: inputs, labels, how they are
 * prepared, opened and checked against each other. */
#ifndef OFFRAMP_CLI_RUN_SAMPLES_H
#define OFFRAMP_CLI_RUN_SAMPLES_H

#include "probes/runtimes/runtime.h"
#include "search/data/preprocess.h"

struct run_files {
    const char *data, *labels, *preprocess; /* the last two: or NULL */
    int64_t limit;                          /* rows at most; 0: all */
};

struct run_samples {
    struct npy inputs, labels;
    struct preprocess prepare;
    bool labelled;
    size_t n;
};

/* End it with run_samples_close() whatever the outcome. */
enum status run_samples_open(struct run_samples *s, const struct run_files *f,
    struct err *err) MUST_CHECK;
void run_samples_close(struct run_samples *s);

/* ST_UNPROCESSABLE "dataset.shape": the network takes rows of another shape. */
enum status run_samples_fit(const struct run_samples *s, const struct tensor *t,
    struct err *err) MUST_CHECK;

/* Row i, prepared, into `input`; `raw` has as many elements. */
void run_samples_read(
    const struct run_samples *s, size_t i, float *raw, float *input);

/* -1: unknown. */
int64_t run_samples_label(const struct run_samples *s, size_t i);

#endif
