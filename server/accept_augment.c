/* SPDX-License-Identifier: MIT */
/* A network that was given heads: kept in its flow. */
#include <stdlib.h>

#include "db/flow.h"
#include "server/accept_internal.h"
#include "server/api_util.h"

enum status
accept_augment(struct db *db, const struct task *task, const json_t *result,
    int64_t now_ms, struct err *err)
{
    const char *model;
    json_t *boundaries, *heads, *doc;
    const struct json_field fields[] = {
        { "model", JF_HASH, true, &model, 0, 0 },
        { "boundaries", JF_ARR, true, &boundaries, 0, 0 },
        { "heads", JF_ARR, true, &heads, 0, 0 },
    };
    char *text = NULL;
    enum status st;

    (void)now_ms;
    if ((st = accept_schema(result, "result", "offramp.augmentation/1", err)) !=
            ST_OK ||
        (st = JSON_PICK(result, "result", fields, err)) != ST_OK ||
        (st = accept_blob(db, "result.model", model, err)) != ST_OK)
        return st;
    if ((doc = json_pack("{s:O}", "augmentation", result)) == NULL)
        return err_nomem(err);
    if ((st = api_text(doc, &text, err)) == ST_OK)
        st = db_flow_set(db, task->flow, 0, text, err);
    free(text);
    json_decref(doc);
    return st;
}
