/* SPDX-License-Identifier: MIT */
/* The task `analyse`: a model of a user into its analysis document. */
#include "search/worker/kinds.h"

#include <stdlib.h>

#include "base/file.h"
#include "probes/runtimes/runtime.h"
#include "search/model/analyse.h"
#include "search/worker/infer.h"

struct work {
    struct task *task;
    struct runtime *rt;
};

static enum status
infer(void *ctx, const void *model, size_t len, struct shape_sink *sink,
    struct err *err)
{
    return infer_shapes(((struct work *)ctx)->rt, model, len, sink, err);
}

static enum status
emit(void *ctx, const void *data, size_t len, char hex[HASH_HEX],
    struct err *err)
{
    return task_out(((struct work *)ctx)->task, data, len, hex, err);
}

static void
progress(void *ctx, const char *phase, int done, int total)
{
    task_progress(((struct work *)ctx)->task, phase, done, total, NULL);
}

static enum status
analyse_file(struct work *w, const char *path, const json_t *shapes,
    json_t **result, struct err *err)
{
    json_t *nodes = json_array();
    const struct analyse_env env = { w, infer, emit, progress, nodes };
    char *data;
    size_t len;
    enum status st = file_read(path, ONNX_MAX_BYTES, &data, &len, err);

    if (st == ST_TOO_LARGE)
        st = task_fail(w->task, TASK_MODEL, "model.too_large", NULL,
            "the file is larger than 2 GiB");
    else if (st == ST_OK) {
        st = analyse(result, data, len, shapes, &env, err);
        free(data);
        if (st == ST_UNPROCESSABLE)
            st = task_fail(w->task, task_class_of(err->code), err->code, nodes,
                "%s", err->text);
    }
    json_decref(nodes);
    return st;
}

static enum status
run(struct task *t, json_t **result, struct err *err)
{
    const char *blob = NULL, *name = NULL;
    json_t *shapes = NULL;
    const struct json_field fields[] = {
        { "blob", JF_HASH, true, &blob, 0, 0 },
        { "name", JF_STR, false, &name, 0, 0 },
        { "shape", JF_OBJ, false, &shapes, 0, 0 },
    };
    struct work w = { .task = t };
    char path[PATH_MAX];
    enum status st = JSON_PICK(t->payload, "payload", fields, err);

    if (st != ST_OK || (st = task_blob_path(t, blob, path, err)) != ST_OK ||
        (st = runtime_onnx_open(&w.rt, NULL, err)) != ST_OK)
        return st;
    st = analyse_file(&w, path, shapes, result, err);
    runtime_close(w.rt);
    return st;
}

const struct task_kind task_analyse = {
    .name = "analyse",
    .run = run,
    .blame = TASK_MODEL,
};
