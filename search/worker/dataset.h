/* SPDX-License-Identifier: MIT */
/*
 * dataset.h -- the inputs and labels of a task's payload, opened and checked
 * against each other.  Belongs to its caller, one thread.
 */
#ifndef OFFRAMP_WORKER_DATASET_H
#define OFFRAMP_WORKER_DATASET_H

#include "probes/agent/task.h"
#include "search/data/preprocess.h"

struct dataset {
    struct npy inputs, labels;
    bool labelled; /* there are labels */
    struct preprocess prepare;
    int64_t dims[NPY_RANK]; /* of a prepared row */
    size_t rank;
};

/* Open what `doc` names: {"inputs","labels","preprocess"}, other members are
 * left alone.  ST_UNPROCESSABLE or ST_INVALID with code "dataset.*" names the
 * field.  End *out with dataset_close() whatever the outcome. */
enum status dataset_open(struct dataset *out, const struct task *t,
    const json_t *doc, struct err *err) MUST_CHECK;
void dataset_close(struct dataset *d);

/* Rows. */
size_t dataset_rows(const struct dataset *d);

/* A prepared row must have the shape of a network's input without its batch:
 * ST_UNPROCESSABLE, code "dataset.shape". */
enum status dataset_fits(const struct dataset *d, const int64_t *input_dims,
    size_t input_rank, struct err *err) MUST_CHECK;

/* Every label must be -1 (unknown) or a class: ST_UNPROCESSABLE, code
 * "dataset.labels", names the row.  `classes` 0: any class is taken. */
enum status dataset_check_labels(
    const struct dataset *d, int64_t classes, struct err *err) MUST_CHECK;

#endif
