/* SPDX-License-Identifier: MIT */
/* Policies tried on records, a selection, a partition: kept in its flow. */
#include <stdio.h>
#include <stdlib.h>

#include "db/flow.h"
#include "server/accept_internal.h"
#include "server/api_util.h"

/* What a task of this kind may have made: its member, its schema, and a list
 * that the document must have. */
static const struct {
    const char *member, *schema, *list;
} made[] = {
    { "trial", "offramp.trial/1", "policies" },
    { "selection", "offramp.selection/1", "policies" },
    { "partition", "offramp.partition/1", NULL },
};

static enum status
check(const json_t *result, size_t i, json_t **doc, struct err *err)
{
    json_t *list = NULL;
    const struct json_field in_doc[] = {
        { made[i].list, JF_ARR, true, &list, 0, 0 },
    };
    char path[40];
    enum status st;

    *doc = json_object_get(result, made[i].member);
    snprintf(path, sizeof(path), "result.%s", made[i].member);
    st = accept_schema(*doc, path, made[i].schema, err);
    return st != ST_OK || made[i].list == NULL
               ? st
               : JSON_PICK(*doc, path, in_doc, err);
}

enum status
accept_trial(struct db *db, const struct task *task, const json_t *result,
    int64_t now_ms, struct err *err)
{
    size_t i = 0, n = sizeof(made) / sizeof(made[0]);
    json_t *doc, *known;
    char *text = NULL;
    enum status st;

    (void)now_ms;
    while (i < n && !json_is_object(json_object_get(result, made[i].member)))
        i++;
    if (i == n)
        return err_set(err, ST_INVALID, "request.field",
            "result has neither trial, selection nor partition");
    if ((st = check(result, i, &doc, err)) != ST_OK)
        return st;
    if ((known = json_pack("{s:O}", made[i].member, doc)) == NULL)
        return err_nomem(err);
    if ((st = api_text(known, &text, err)) == ST_OK)
        st = db_flow_set(db, task->flow, 0, text, err);
    free(text);
    json_decref(known);
    return st;
}
