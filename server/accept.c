/* SPDX-License-Identifier: MIT */
#include "server/accept_internal.h"

#include <string.h>

#include "base/clock.h"
#include "db/blob.h"

const struct accept_kind accept_kinds[TASK_KIND_COUNT] = {
    [TASK_ANALYSE] = { accept_analyse, NULL },
    [TASK_DATASET] = { accept_dataset, NULL },
    [TASK_RECORDS] = { accept_records, NULL },
    [TASK_SEARCH] = { accept_search, NULL },
    [TASK_PROFILE] = { accept_profile, payload_profile },
    [TASK_GOLDEN] = { accept_golden, NULL },
    [TASK_DEPLOY] = { accept_deploy, NULL },
    [TASK_VALIDATE] = { accept_validate, NULL },
    [TASK_AUGMENT] = { accept_augment, NULL },
    [TASK_TRIAL] = { accept_trial, NULL },
    [TASK_LINK] = { accept_link, payload_link },
    [TASK_QUANTISE] = { accept_quantise, NULL },
    [TASK_LIVE] = { accept_live, payload_live },
    [TASK_RELAY] = { accept_relay, payload_relay },
};

enum status
accept_schema(
    const json_t *doc, const char *path, const char *schema, struct err *err)
{
    const char *text = json_string_value(json_object_get(doc, "schema"));

    if (text != NULL && strcmp(text, schema) == 0)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "result.schema",
        "%s.schema must be %s: do server and agent have the same version?",
        path, schema);
}

enum status
accept_device(const struct task *task, const char *member, const char *device,
    struct err *err)
{
    if (task->device != NULL && strcmp(device, task->device) == 0)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "result.device",
        "result.%s is %.64s, but the lease was for %s", member, device,
        task->device ? task->device : "no device");
}

enum status
accept_times(const char *started_at, const char *finished_at, struct err *err)
{
    const int64_t from_ms = clock_utc_parse(started_at);

    if (from_ms >= 0 && clock_utc_parse(finished_at) >= from_ms)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "result.time",
        "result.started_at and finished_at must be UTC times in order, "
        "such as 2026-11-21T01:02:03Z");
}

enum status
accept_blob(
    struct db *db, const char *path, const char *sha256, struct err *err)
{
    enum status st = db_blob_stat(db, sha256, NULL, NULL);

    if (st != ST_NOT_FOUND)
        return st;
    return err_set(err, ST_UNPROCESSABLE, "result.blob",
        "%s: blob %.64s was not uploaded before the result", path, sha256);
}
