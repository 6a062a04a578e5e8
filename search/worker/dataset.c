/* SPDX-License-Identifier: MIT */
#include "search/worker/dataset.h"

#include <stdio.h>

/* Open the blob that `hex` names as array `field`. */
static enum status
open_array(struct npy *a, const struct task *t, const char *hex,
    const char *field, struct err *err)
{
    char path[PATH_MAX];
    enum status st = task_blob_path(t, hex, path, err);

    return st == ST_OK ? npy_open(a, path, field, err) : st;
}

static bool
is_label_type(enum npy_type t)
{
    return t == NPY_I8 || t == NPY_I4 || t == NPY_U1;
}

static enum status
check_arrays(const struct dataset *d, struct err *err)
{
    if (d->inputs.rank < 2)
        return err_set(err, ST_UNPROCESSABLE, "dataset.shape",
            "inputs: need at least two dimensions, the batch first");
    if (!d->labelled)
        return ST_OK;
    if (d->labels.rank != 1 || !is_label_type(d->labels.type))
        return err_set(err, ST_UNPROCESSABLE, "dataset.labels",
            "labels: must have one dimension and be int64, int32 or uint8");
    if (d->labels.dims[0] != d->inputs.dims[0])
        return err_set(err, ST_UNPROCESSABLE, "dataset.labels",
            "labels: %lld of them for %lld inputs",
            (long long)d->labels.dims[0], (long long)d->inputs.dims[0]);
    return ST_OK;
}

enum status
dataset_open(struct dataset *out, const struct task *t, const json_t *doc,
    struct err *err)
{
    const char *inputs = NULL, *labels = NULL;
    json_t *preprocess = NULL;
    const struct json_field fields[] = {
        { "inputs", JF_HASH, true, &inputs, 0, 0 },
        { "labels", JF_HASH, false, &labels, 0, 0 },
        { "preprocess", JF_OBJ, false, &preprocess, 0, 0 },
    };
    enum status st;

    *out = (struct dataset){ 0 };
    if ((st = JSON_PICK(doc, "dataset", fields, err)) != ST_OK ||
        (st = preprocess_read(preprocess, &out->prepare, err)) != ST_OK ||
        (st = open_array(&out->inputs, t, inputs, "inputs", err)) != ST_OK)
        return st;
    out->labelled = labels != NULL;
    if (out->labelled &&
        (st = open_array(&out->labels, t, labels, "labels", err)) != ST_OK)
        return st;
    if ((st = check_arrays(out, err)) != ST_OK)
        return st;
    return preprocess_shape(
        &out->prepare, &out->inputs, out->dims, &out->rank, err);
}

void
dataset_close(struct dataset *d)
{
    npy_close(&d->inputs);
    npy_close(&d->labels);
    *d = (struct dataset){ 0 };
}

size_t
dataset_rows(const struct dataset *d)
{
    return (size_t)d->inputs.dims[0];
}

/* "3x32x32" */
static void
shape_text(const int64_t *dims, size_t rank, char *out, size_t cap)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < rank && used < cap; i++)
        used += (size_t)snprintf(
            out + used, cap - used, "%s%lld", i ? "x" : "", (long long)dims[i]);
}

enum status
dataset_fits(const struct dataset *d, const int64_t *input_dims,
    size_t input_rank, struct err *err)
{
    char have[160], want[160];
    bool same = input_rank == d->rank + 1;

    for (size_t i = 0; same && i < d->rank; i++)
        same = input_dims[i + 1] == d->dims[i];
    if (same)
        return ST_OK;
    shape_text(d->dims, d->rank, have, sizeof(have));
    shape_text(
        input_dims + 1, input_rank ? input_rank - 1 : 0, want, sizeof(want));
    return err_set(err, ST_UNPROCESSABLE, "dataset.shape",
        "inputs: each is %s, the model takes %s (is preprocess.layout right?)",
        have, want);
}

enum status
dataset_check_labels(const struct dataset *d, int64_t classes, struct err *err)
{
    for (size_t i = 0; d->labelled && i < dataset_rows(d); i++) {
        int64_t y = npy_int(&d->labels, i);

        if (y < -1 || (classes > 0 && y >= classes))
            return err_set(err, ST_UNPROCESSABLE, "dataset.labels",
                "labels: row %zu has %lld; -1 (unknown) or 0 to %lld are "
                "allowed",
                i, (long long)y,
                classes > 0 ? (long long)classes - 1 : (long long)INT32_MAX);
    }
    return ST_OK;
}
