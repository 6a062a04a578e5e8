/* SPDX-License-Identifier: MIT */
/* The `records` task: exit records made by running a network on data, or a
 * user's CSV checked. */
#include "search/worker/evaluate.h"
#include "search/worker/kinds.h"
#include "search/worker/summary.h"

/* A user's CSV: read it; the result names the same blob. */
static enum status
check_csv(struct task *t, const char *hex, json_t **result, struct err *err)
{
    struct records r = { 0 };
    char path[PATH_MAX];
    enum status st;

    if ((st = task_blob_path(t, hex, path, err)) == ST_OK &&
        (st = records_load(path, &r, err)) == ST_OK)
        st = summarise(&r, NULL, hex, false, result, err);
    records_clear(&r);
    return st;
}

static enum status
make_csv(struct task *t, const json_t *model, const json_t *dataset,
    bool vectors, json_t **result, struct err *err)
{
    struct records r = { 0 };
    char hex[HASH_HEX];
    struct buf csv;
    enum status st;

    buf_init(&csv, RECORDS_BYTES_MAX);
    if ((st = evaluate(t, model, dataset, vectors, &r, err)) == ST_OK &&
        (st = records_write(&r, &csv, err)) == ST_OK &&
        (st = task_out(t, csv.data, csv.len, hex, err)) == ST_OK)
        st = summarise(
            &r, json_object_get(model, "exits"), hex, true, result, err);
    buf_clear(&csv);
    records_clear(&r);
    return st;
}

static enum status
run(struct task *t, json_t **result, struct err *err)
{
    const char *csv = NULL;
    json_t *model = NULL, *dataset = NULL;
    bool vectors = false;
    const struct json_field fields[] = {
        { "csv", JF_HASH, false, &csv, 0, 0 },
        { "model", JF_OBJ, false, &model, 0, 0 },
        { "dataset", JF_OBJ, false, &dataset, 0, 0 },
        { "vectors", JF_BOOL, false, &vectors, 0, 0 },
    };
    enum status st;

    if ((st = JSON_READ(t->payload, "payload", fields, err)) != ST_OK)
        return st;
    if (csv != NULL)
        return check_csv(t, csv, result, err);
    if (model == NULL || dataset == NULL)
        return err_set(err, ST_INVALID, "request.field",
            "payload needs csv, or model and dataset");
    return make_csv(t, model, dataset, vectors, result, err);
}

const struct task_kind task_records = {
    .name = "records",
    .run = run,
    .blame = TASK_MODEL,
};
