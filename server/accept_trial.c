/* SPDX-License-Identifier: MIT */
/* Policies tried on records: the table is kept in its flow. */
#include <stdlib.h>

#include "db/flow.h"
#include "server/accept_internal.h"
#include "server/api_util.h"

enum status
accept_trial(struct db *db, const struct task *task, const json_t *result,
    int64_t now_ms, struct err *err)
{
    json_t *trial = NULL, *policies, *doc;
    const struct json_field members[] = {
        { "trial", JF_OBJ, true, &trial, 0, 0 },
    };
    const struct json_field in_trial[] = {
        { "policies", JF_ARR, true, &policies, 0, 0 },
    };
    char *text = NULL;
    enum status st;

    (void)now_ms;
    if ((st = JSON_PICK(result, "result", members, err)) != ST_OK ||
        (st = accept_schema(trial, "result.trial", "offramp.trial/1", err)) !=
            ST_OK ||
        (st = JSON_PICK(trial, "result.trial", in_trial, err)) != ST_OK)
        return st;
    if ((doc = json_pack("{s:O}", "trial", trial)) == NULL)
        return err_nomem(err);
    if ((st = api_text(doc, &text, err)) == ST_OK)
        st = db_flow_set(db, task->flow, 0, text, err);
    free(text);
    json_decref(doc);
    return st;
}
