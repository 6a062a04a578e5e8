/* SPDX-License-Identifier: MIT */
/* A golden result becomes a run of the golden kernels, and says whether its
 * device is still what it was. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/env_digest.h"
#include "base/flag.h"
#include "db/golden.h"
#include "server/accept_internal.h"
#include "server/api_util.h"
#include "server/chart.h"
#include "server/row_read.h"

enum { KERNELS_MAX = 64 };

/* The members of offramp.golden/1; borrowed from it. */
struct golden_in {
    const char *device, *started_at, *finished_at, *fingerprint, *env_sha256;
    json_t *env, *flags, *rows;
    struct row_in row[KERNELS_MAX];
    struct golden_kernel kernel[KERNELS_MAX];
    size_t n;
};

static enum status
read_result(const json_t *o, struct golden_in *in, struct err *err)
{
    const struct json_field fields[] = {
        { "device", JF_STR, true, &in->device, 0, 64 },
        { "started_at", JF_STR, true, &in->started_at, 0, 40 },
        { "finished_at", JF_STR, true, &in->finished_at, 0, 40 },
        { "env", JF_OBJ, true, &in->env, 0, 0 },
        { "env_fingerprint", JF_HASH, true, &in->fingerprint, 0, 0 },
        { "env_sha256", JF_HASH, true, &in->env_sha256, 0, 0 },
        { "flags", JF_ARR, true, &in->flags, 0, 0 },
        { "rows", JF_ARR, true, &in->rows, 0, 0 },
    };
    enum status st = accept_schema(o, "result", "offramp.golden/1", err);

    return st == ST_OK ? JSON_PICK(o, "result", fields, err) : st;
}

static enum status
check_result(
    const struct golden_in *in, const struct task *task, struct err *err)
{
    enum status st;

    if ((st = accept_device(task, "device", in->device, err)) != ST_OK ||
        (st = accept_times(in->started_at, in->finished_at, err)) != ST_OK)
        return st;
    return env_check(in->env, in->fingerprint, in->env_sha256, "result", err);
}

static enum status
read_kernel(struct golden_in *in, size_t i, struct err *err)
{
    struct row_in *r = &in->row[in->n];
    const struct measure *m = &r->m;
    char path[32];
    enum status st;

    snprintf(path, sizeof(path), "rows[%zu]", i);
    in->n++; /* to be cleared from now on */
    if ((st = row_read(json_array_get(in->rows, i), path, r, err)) != ST_OK)
        return st;
    if (m->role != ROLE_SENTINEL || m->source == SOURCE_MODELLED)
        return err_set(err, ST_UNPROCESSABLE, "result.row",
            "%s must be a golden kernel (role sentinel), measured or emulated",
            path);
    for (size_t k = 0; k < i; k++)
        if (strcmp(in->row[k].m.name, m->name) == 0)
            return err_set(err, ST_UNPROCESSABLE, "result.row",
                "%s: %s is there twice", path, m->name);
    in->kernel[i] = (struct golden_kernel){ .name = m->name,
        .n_epochs = m->n_epochs,
        .median_ns = m->median_ns,
        .ci95_lo_ns = m->ci95_lo_ns,
        .ci95_hi_ns = m->ci95_hi_ns,
        .p10_ns = m->p10_ns,
        .p90_ns = m->p90_ns,
        .instructions =
            m->source == SOURCE_EMULATED ? row_instructions(m) : NAN,
        .flags = m->flags,
        .grade = m->grade };
    return ST_OK;
}

static enum status
read_kernels(struct golden_in *in, struct err *err)
{
    size_t n = json_array_size(in->rows);
    enum status st = ST_OK;

    if (n == 0 || n > KERNELS_MAX)
        return err_set(err, ST_UNPROCESSABLE, "result.row",
            "rows must have 1 to %d rows", KERNELS_MAX);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = read_kernel(in, i, err);
    return st;
}

/* Why the task was made: our own payload says. */
static enum golden_reason
reason_of(const struct task *task)
{
    json_t *payload = NULL;
    int reason = -1;

    if (json_parse(task->payload, strlen(task->payload), &payload, NULL) ==
        ST_OK)
        reason = word_find(golden_reason_words,
            json_string_value(json_object_get(payload, "reason")));
    json_decref(payload);
    return reason < 0 ? GOLDEN_FIRST : (enum golden_reason)reason;
}

static enum status
store(struct db *db, const struct task *task, const struct golden_in *in,
    int64_t now_ms, struct err *err)
{
    struct golden_run run = { .task = task->id,
        .device = in->device,
        .reason = reason_of(task),
        .created_ms = now_ms,
        .started_ms = clock_utc_parse(in->started_at),
        .finished_ms = clock_utc_parse(in->finished_at),
        .env_fingerprint = in->fingerprint,
        .env_sha256 = in->env_sha256,
        .kernels = in->kernel,
        .n_kernels = in->n };
    struct chart_run at = { .device = in->device,
        .env_fingerprint = in->fingerprint };
    char *env = NULL;
    enum status st;

    if ((st = flag_from_json(in->flags, &run.flags, err)) != ST_OK ||
        (st = api_text(in->env, &env, err)) != ST_OK)
        return st;
    run.env = env;
    st = db_golden_add(db, &run, &at.golden, err);
    free(env);
    return st == ST_OK ? chart_watch(db, &at, err) : st;
}

enum status
accept_golden(struct db *db, const struct task *task, const json_t *result,
    int64_t now_ms, struct err *err)
{
    struct golden_in in = { 0 };
    enum status st;

    if ((st = read_result(result, &in, err)) == ST_OK &&
        (st = check_result(&in, task, err)) == ST_OK &&
        (st = read_kernels(&in, err)) == ST_OK)
        st = store(db, task, &in, now_ms, err);
    for (size_t i = 0; i < in.n; i++)
        row_in_clear(&in.row[i]);
    return st;
}
