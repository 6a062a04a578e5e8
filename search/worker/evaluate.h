/* SPDX-License-Identifier: MIT */
/*
 * evaluate.h -- a multi-exit network run on a data set: what every exit
 * answers and how sure it is, as probes/deploy/answer.h has it.
 */
#ifndef OFFRAMP_WORKER_EVALUATE_H
#define OFFRAMP_WORKER_EVALUATE_H

#include "probes/agent/task.h"
#include "search/data/records.h"
#include "search/worker/dataset.h"

/*
 * `model` is {"blob","input","exits":[{"name","output","score"}]}, `score` a
 * word of base/score.h (left out: max_probability); `dataset` is as in
 * dataset.h, with `rows` (choose_rows.h) where only those are run; `vectors`
 * keeps every exit's class scores, as its output has them.  On ST_OK the
 * caller owns *out.  A value that is not a number is ST_UNPROCESSABLE, code
 * "model.nan_output", naming output, sample
 * and the layer where it begins.
 */
enum status evaluate(struct task *t, const json_t *model, const json_t *dataset,
    bool vectors, struct records *out, struct err *err) MUST_CHECK;

/* Names and labels of `out->n` rows, those listed or (NULL) from `first` on: a
 * sample's name is its row in the data set. */
enum status evaluate_name_rows(const struct dataset *d, const size_t *row,
    size_t first, struct records *out, struct err *err) MUST_CHECK;

#endif
