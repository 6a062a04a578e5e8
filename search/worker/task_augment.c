/* SPDX-License-Identifier: MIT */
/* The `augment` task: a plain network and data into the network with exits. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "probes/runtimes/runtime.h"
#include "search/solve/crew.h"
#include "search/worker/augment.h"
#include "search/worker/infer.h"
#include "search/worker/kinds.h"

static enum status
infer(void *ctx, const void *model, size_t len, struct shape_sink *sink,
    struct err *err)
{
    return infer_shapes(ctx, model, len, sink, err);
}

static void
augment_close(struct augment *a)
{
    for (size_t i = 0; a->head != NULL && i < a->n_heads; i++) {
        head_clear(&a->head[i].head);
        fit_report_clear(&a->head[i].report);
    }
    free(a->head);
    free(a->front);
    /* An outcome of any kind: nobody comes back.  A task that was cut off
     * never gets here. */
    features_remove(&a->features);
    free(a->row);
    free(a->at);
    free(a->target);
    free(a->seen);
    dataset_close(&a->data);
    plain_close(&a->plain);
    crew_free(a->crew);
    if (a->rt != NULL)
        runtime_close(a->rt);
}

static enum status
read_payload(
    struct augment *a, char path[PATH_MAX], json_t **dataset, struct err *err)
{
    json_t *model = NULL, *options = NULL;
    const struct json_field fields[] = {
        { "model", JF_OBJ, true, &model, 0, 0 },
        { "dataset", JF_OBJ, true, dataset, 0, 0 },
        { "options", JF_OBJ, false, &options, 0, 0 },
    };
    const struct json_field model_fields[] = {
        { "blob", JF_HASH, true, &a->model_hex, 0, 0 },
    };
    enum status st;

    if ((st = JSON_PICK(a->task->payload, "payload", fields, err)) != ST_OK ||
        (st = JSON_PICK(model, "model", model_fields, err)) != ST_OK ||
        (st = augment_options_read(options, &a->opt, err)) != ST_OK)
        return st;
    a->options = options;
    a->dataset = *dataset;
    return task_blob_path(a->task, a->model_hex, path, err);
}

/* The network opened, and the data set found to fit it. */
static enum status
open_both(
    struct augment *a, const char *path, const json_t *dataset, struct err *err)
{
    const struct value *in;
    char *data;
    size_t len;
    enum status st = file_read(path, ONNX_MAX_BYTES, &data, &len, err);

    if (st != ST_OK)
        return st;
    st = plain_open(&a->plain, data, len, infer, a->rt, err);
    free(data);
    if (st != ST_OK ||
        (st = dataset_open(&a->data, a->task, dataset, err)) != ST_OK)
        return st;
    in = &a->plain.g->values[a->plain.g->inputs[0]];
    if ((st = dataset_fits(&a->data, in->dims, (size_t)in->rank, err)) != ST_OK)
        return st;
    return dataset_check_labels(&a->data, a->plain.classes, err);
}

static enum status
run(struct task *t, json_t **result, struct err *err)
{
    struct augment a = { .task = t };
    json_t *dataset = NULL;
    char path[PATH_MAX];
    enum status st;

    if ((st = read_payload(&a, path, &dataset, err)) == ST_OK &&
        (st = crew_new(&a.crew, (int)a.opt.threads, err)) == ST_OK &&
        (st = runtime_onnx_open(&a.rt, NULL, err)) == ST_OK &&
        (st = open_both(&a, path, dataset, err)) == ST_OK &&
        (st = augment_memory_plain(&a, err)) == ST_OK &&
        (st = augment_plan(&a, err)) == ST_OK &&
        (st = augment_rows(&a, err)) == ST_OK &&
        (st = augment_pass(&a, err)) == ST_OK &&
        (st = augment_targets(&a, err)) == ST_OK &&
        (st = augment_fit(&a, err)) == ST_OK)
        st = augment_write(&a, result, err);
    augment_close(&a);
    return st;
}

const struct task_kind task_augment = {
    .name = "augment",
    .run = run,
    .blame = TASK_MODEL,
};
