/* SPDX-License-Identifier: MIT */
#include "probes/measure/task_profile.h"

#include <stdio.h>

#include "probes/measure/counting.h"
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

typedef enum status measure_fn(const struct profile_setup *setup,
    const json_t *payload, json_t **result, struct err *err);

static enum status
run_with(struct task *t, measure_fn *measure, const struct profile_hooks *hooks,
    json_t **result, struct err *err)
{
    struct kit kit;
    struct profile_setup setup = {
        .kit = &kit,
        .host = &host_real,
        .device = json_string_value(json_object_get(t->lease, "device")),
        .begin_ns = host_real.now_ns(host_real.ctx),
        .counts = counting_here(),
        .pin = true,
        .hooks = *hooks,
    };
    enum status st = kit_open(&kit, NULL, err);

    if (st != ST_OK)
        return st;
    st = measure(&setup, t->payload, result, err);
    kit_close(&kit);
    return st;
}

static enum status
run_profile(struct task *t, json_t **result, struct err *err)
{
    const struct profile_hooks hooks = { .blob_path = blob_path,
        .progress = progress,
        .part = part,
        .scratch = scratch,
        .ctx = t };

    return run_with(t, profile_run, &hooks, result, err);
}

/* No files, and too short for parts. */
static enum status
run_golden(struct task *t, json_t **result, struct err *err)
{
    const struct profile_hooks hooks = { .progress = progress, .ctx = t };

    return run_with(t, profile_golden, &hooks, result, err);
}

const struct task_kind task_profile = {
    .name = "profile",
    .run = run_profile,
    .blame = TASK_DEVICE,
};

const struct task_kind task_golden = {
    .name = "golden",
    .run = run_golden,
    .blame = TASK_DEVICE,
};
