/* SPDX-License-Identifier: MIT */
/* The `dataset` task: do inputs, labels and preprocess fit the model? */
#include "search/worker/dataset.h"
#include "search/worker/kinds.h"

/* Check against the payload's model; *classes is 0 where none is given. */
static enum status
check_model(const struct dataset *d, const json_t *model, int64_t *classes,
    struct err *err)
{
    json_t *shape = NULL;
    const struct json_field fields[] = {
        { "input_shape", JF_ARR, true, &shape, 0, 0 },
        { "classes", JF_INT, false, classes, 1, 1e9 },
    };
    int64_t dims[NPY_RANK];
    size_t rank;
    enum status st;

    *classes = 0;
    if (model == NULL)
        return ST_OK;
    if ((st = JSON_PICK(model, "model", fields, err)) != ST_OK ||
        (st = json_read_ints(
             shape, "model.input_shape", dims, NPY_RANK, &rank, err)) != ST_OK)
        return st;
    return dataset_fits(d, dims, rank, err);
}

static enum status
describe(
    const struct dataset *d, int64_t classes, json_t **out, struct err *err)
{
    *out = json_pack("{s:I,s:o,s:s,s:s?,s:o}", "n", (json_int_t)dataset_rows(d),
        "shape", json_int_array(d->dims, d->rank), "dtype",
        npy_type_name(d->inputs.type), "label_dtype",
        d->labelled ? npy_type_name(d->labels.type) : NULL, "classes",
        classes > 0 ? json_integer(classes) : json_null());
    return *out ? ST_OK : err_nomem(err);
}

static enum status
run(struct task *t, json_t **result, struct err *err)
{
    json_t *model = NULL;
    const struct json_field fields[] = {
        { "model", JF_OBJ, false, &model, 0, 0 },
    };
    struct dataset d;
    int64_t classes;
    enum status st;

    if ((st = dataset_open(&d, t, t->payload, err)) == ST_OK &&
        (st = JSON_PICK(t->payload, "payload", fields, err)) == ST_OK &&
        (st = check_model(&d, model, &classes, err)) == ST_OK &&
        (st = dataset_check_labels(&d, classes, err)) == ST_OK)
        st = describe(&d, classes, result, err);
    dataset_close(&d);
    return st;
}

const struct task_kind task_dataset = {
    .name = "dataset",
    .run = run,
    .blame = TASK_MODEL,
};
