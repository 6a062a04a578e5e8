/* SPDX-License-Identifier: MIT */
/* Data sets and records that were checked or made. */
#include <stdlib.h>

#include "db/dataset.h"
#include "db/records.h"
#include "server/accept_internal.h"
#include "server/api_util.h"

enum status
accept_dataset(struct db *db, const struct task *task, const json_t *result,
    int64_t now_ms, struct err *err)
{
    int64_t n, classes;
    json_t *shape;
    const char *dtype, *label_dtype;
    const struct json_field fields[] = {
        { "n", JF_INT, true, &n, 1, 1e12 },
        { "shape", JF_ARR, true, &shape, 0, 0 },
        { "dtype", JF_STR, true, &dtype, 0, 16 },
        { "label_dtype", JF_STR, false, &label_dtype, 0, 16 },
        { "classes", JF_INT, false, &classes, 1, 1e9 },
    };
    char *text;
    enum status st;

    (void)now_ms;
    if ((st = JSON_PICK(result, "result", fields, err)) != ST_OK ||
        (st = api_text(result, &text, err)) != ST_OK)
        return st;
    st = db_dataset_ready(db, task->dataset, text, err);
    free(text);
    return st;
}

static enum status
check_exits(const json_t *exits, struct err *err)
{
    const json_t *exit;
    size_t i;

    if (json_array_size(exits) == 0)
        return err_set(err, ST_UNPROCESSABLE, "result.exits",
            "result.exits is empty: records have at least one exit");
    json_array_foreach(exits, i, exit)
    {
        const char *name, *kind;
        double accuracy, agree, score;
        const struct json_field fields[] = {
            { "name", JF_STR, true, &name, 0, 1024 },
            { "accuracy", JF_REAL, false, &accuracy, 0, 1 },
            { "agree", JF_REAL, false, &agree, 0, 1 },
            { "mean_score", JF_REAL, false, &score, 0, 0 },
            { "score", JF_STR, false, &kind, 0, 64 },
        };
        enum status st = JSON_PICK(exit, "result.exits[]", fields, err);

        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

enum status
accept_records(struct db *db, const struct task *task, const json_t *result,
    int64_t now_ms, struct err *err)
{
    const char *csv = NULL, *score;
    int64_t n, labelled, classes;
    double accuracy;
    json_t *exits = NULL, *warnings;
    const struct json_field fields[] = {
        { "csv", JF_HASH, true, &csv, 0, 0 },
        { "n", JF_INT, true, &n, 1, 1e12 },
        { "labelled", JF_INT, true, &labelled, 0, 1e12 },
        { "classes", JF_INT, false, &classes, 0, 9e15 },
        { "warnings", JF_ARR, false, &warnings, 0, 0 },
        { "exits", JF_ARR, true, &exits, 0, 0 },
        { "accuracy_full", JF_REAL, false, &accuracy, 0, 1 },
        { "score", JF_STR, false, &score, 0, 64 },
    };
    char *text;
    enum status st;

    (void)now_ms;
    if ((st = JSON_PICK(result, "result", fields, err)) != ST_OK ||
        (st = check_exits(exits, err)) != ST_OK ||
        (st = accept_blob(db, "result.csv", csv, err)) != ST_OK ||
        (st = api_text(result, &text, err)) != ST_OK)
        return st;
    st = db_records_ready(db, task->records, csv, text, err);
    free(text);
    return st;
}
