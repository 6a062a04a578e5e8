/* SPDX-License-Identifier: MIT */
/*
 * api_input.h -- what data sets and records need to know of a model, and how
 * they and the others queue the task that checks them, or the flow of several.
 */
#ifndef OFFRAMP_SERVER_API_INPUT_H
#define OFFRAMP_SERVER_API_INPUT_H

#include "base/json.h"
#include "db/dataset.h"
#include "db/flow.h"
#include "db/model.h"
#include "db/queue.h"

/* A ready model with its analysis unpacked.  The other values are borrowed
 * from `analysis`. */
struct input_model {
    struct model row; /* owned */
    json_t *analysis; /* owned */
    const char *blob; /* of the model as it is run: fixed shapes */
    const char *input;
    json_t *input_shape;
    json_t *exits;
    json_t *classes; /* of the last exit; NULL where it is no classifier */
};

/* The model, if it is ready.  ST_NOT_FOUND; ST_CONFLICT "model.not_ready";
 * ST_UNPROCESSABLE "model.rejected" with the worker's reason. */
enum status input_model_get(struct db *db, const char *id,
    struct input_model *out, struct err *err) MUST_CHECK;

/* The same where the model must have one input, as data sets have.
 * ST_UNPROCESSABLE "model.inputs". */
enum status input_model_single(struct db *db, const char *id,
    struct input_model *out, struct err *err) MUST_CHECK;

void input_model_clear(struct input_model *m);

/* The data set, if it is ready.  ST_NOT_FOUND; ST_CONFLICT
 * "dataset.not_ready"; ST_UNPROCESSABLE "dataset.rejected" with the worker's
 * reason. */
enum status input_dataset_get(
    struct db *db, int64_t id, struct dataset *out, struct err *err) MUST_CHECK;

/*
 * [{name, output, score}] of an analysis' exits, for a worker; the caller owns
 * *out.  `scores` (base/score.h) is one word for all of them, or an object
 * with some, {"exit0":"margin"}; NULL and who is left out have
 * max_probability.  ST_INVALID: no such word; ST_UNPROCESSABLE "model.exit":
 * no such exit.
 */
enum status input_exit_outputs(const json_t *exits, const json_t *scores,
    json_t **out, struct err *err) MUST_CHECK;

/* Is there a blob of this digest (NULL is fine)?  ST_UNPROCESSABLE
 * "blob.not_found" names `path`. */
enum status input_blob_check(struct db *db, const char *path,
    const char *sha256, struct err *err) MUST_CHECK;

/* Members and types of `preprocess` (NULL is fine).  ST_INVALID. */
enum status input_preprocess_check(
    const json_t *preprocess, struct err *err) MUST_CHECK;

/* Store a flow that `request` asked for (both borrowed). */
enum status input_flow_add(struct db *db, const struct flow *flow,
    const json_t *request, int64_t *id, struct err *err) MUST_CHECK;

/* Queue a task with these documents (both stolen; NULL: out of memory). */
enum status input_task_add(struct db *db, const struct task_offer *offer,
    json_t *payload, json_t *blobs, int64_t *id, struct err *err) MUST_CHECK;

#endif
