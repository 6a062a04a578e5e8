/* SPDX-License-Identifier: MIT */
#include "probes/measure/task_profile.h"

#include <stdio.h>

#include "probes/measure/profile.h"

static enum status
blob_path(void *ctx, const char *hex, char path[PATH_MAX], struct err *err)
{
    return task_blob_path(ctx, hex, path, err);
}

static void
scratch(void *ctx, char path[PATH_MAX])
{
    const struct task *t = ctx;

    snprintf(path, PATH_MAX, "%s/trace", t->dir);
}

static void
progress(
    void *ctx, const char *phase, size_t done, size_t total, const char *detail)
{
    task_progress(ctx, phase, (int64_t)done, (int64_t)total, detail);
}

static enum status
part(void *ctx, const json_t *rows, struct err *err)
{
    return task_part(ctx, rows, err);
}

static enum status
run(struct task *t, json_t **result, struct err *err)
{
    struct kit kit;
    struct profile_setup setup = {
        .kit = &kit,
        .host = &host_real,
        .device = json_string_value(json_object_get(t->lease, "device")),
        .pin = true,
        .hooks = { .blob_path = blob_path,
            .progress = progress,
            .part = part,
            .scratch = scratch,
            .ctx = t },
    };
    enum status st = kit_open(&kit, NULL, err);

    if (st != ST_OK)
        return st;
    st = profile_run(&setup, t->payload, result, err);
    kit_close(&kit);
    return st;
}

const struct task_kind task_profile = {
    .name = "profile",
    .run = run,
    .blame = TASK_DEVICE,
};
