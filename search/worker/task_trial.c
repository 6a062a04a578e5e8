/* SPDX-License-Identifier: MIT */
/* The `trial` task: policies replayed on records and costs; or, by the
 * payload's `kind`, a partition or a selection. */
#include <string.h>

#include "search/data/trial.h"
#include "search/worker/kinds.h"
#include "search/worker/trial_kinds.h"

static void
watch(void *ctx, int64_t done, int64_t total)
{
    task_progress(ctx, "replay", done, total, NULL);
}

struct input {
    struct records records;
    struct costs costs;
    bool measured; /* there are costs */
    const char *names[TRIAL_KINDS_MAX];
    struct trial_options options;
    char features[PATH_MAX]; /* of premodels, where there are any */
};

static enum status
load(struct task *t, struct input *in, struct err *err)
{
    const char *hex = NULL, *features = NULL;
    json_t *costs = NULL, *problem = NULL;
    const struct json_field fields[] = {
        { "costs", JF_OBJ, false, &costs, 0, 0 },
        { "records", JF_HASH, true, &hex, 0, 0 },
        { "features", JF_HASH, false, &features, 0, 0 },
        { "problem", JF_OBJ, true, &problem, 0, 0 },
    };
    char path[PATH_MAX];
    enum status st;

    if ((st = JSON_PICK(t->payload, "payload", fields, err)) != ST_OK)
        return st;
    in->measured = costs != NULL;
    if ((costs != NULL && (st = costs_read(costs, &in->costs, err)) != ST_OK) ||
        (st = task_blob_path(t, hex, path, err)) != ST_OK ||
        (st = records_load(path, &in->records, err)) != ST_OK ||
        (st = trial_options_read(problem, in->names, &in->options, err)) !=
            ST_OK ||
        features == NULL)
        return st;
    in->options.features = in->features;
    return task_blob_path(t, features, in->features, err);
}

static enum status
run_trial(struct task *t, json_t **result, struct err *err)
{
    struct input in = { 0 };
    json_t *trial = NULL;
    enum status st = load(t, &in, err);

    if (st == ST_OK) {
        in.options.watch = watch;
        in.options.watch_ctx = t;
        st = trial_run(&in.records, in.measured ? &in.costs : NULL, &in.options,
            &trial, err);
    }
    if (st == ST_OK) {
        *result = json_pack("{s:o}", "trial", trial);
        st = *result ? ST_OK : err_nomem(err);
    }
    records_clear(&in.records);
    costs_clear(&in.costs);
    return st;
}

static enum status
run(struct task *t, json_t **result, struct err *err)
{
    static const struct {
        const char *kind;
        enum status (*run)(struct task *t, json_t **result, struct err *err);
    } kinds[] = { { "trial", run_trial }, { "partition", trial_partition },
        { "exit", trial_exit }, { "selection", trial_selection } };
    const char *kind = json_get_string(t->payload, "kind", "trial");

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].run(t, result, err);
    return err_set(err, ST_INVALID, "request.field",
        "payload.kind '%.32s' is none that this worker knows", kind);
}

const struct task_kind task_trial = {
    .name = "trial",
    .run = run,
    .blame = TASK_USER,
};
