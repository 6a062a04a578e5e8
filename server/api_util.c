/* SPDX-License-Identifier: MIT */
#include "server/api_util.h"

#include <string.h>

#include "server/view.h"

enum status
listing_begin(struct request *rq, struct listing *l, struct page *page)
{
    enum status st = request_page(rq, page);

    *l = (struct listing){ .limit = page->limit };
    if (st != ST_OK)
        return st;
    page->limit++;
    l->items = json_array();
    return l->items ? ST_OK : err_nomem(&rq->err);
}

enum status
listing_add(struct listing *l, int64_t id, json_t *item)
{
    if (item == NULL)
        return ST_NOMEM;
    if ((int)json_array_size(l->items) == l->limit) {
        json_decref(item);
        l->next = l->last_id;
        return ST_WAIT;
    }
    l->last_id = id;
    return json_array_append_new(l->items, item) < 0 ? ST_NOMEM : ST_OK;
}

enum status
listing_end(
    struct request *rq, struct reply *rp, struct listing *l, enum status st)
{
    json_t *items = l->items;

    l->items = NULL;
    if (st == ST_OK || st == ST_WAIT)
        return reply_list(rp, items, l->next);
    json_decref(items);
    return st == ST_NOMEM ? err_nomem(&rq->err) : st;
}

enum status
request_poll(struct request *rq, struct reply *rp, int64_t version, bool ended,
    bool *same)
{
    int64_t since = -1;
    enum status st;

    *same = false;
    if ((st = request_query_int(rq, "since", 0, INT64_MAX, &since)) != ST_OK)
        return st;
    if (since >= 0 && since != version)
        return ST_OK;
    if (rq->wait_ms > 0 && !rq->wait_expired && !ended)
        return ST_WAIT;
    *same = since >= 0;
    return *same ? reply_empty(rp, 304) : ST_OK;
}

enum status
request_outcome(struct request *rq, const struct check_outcome *c)
{
    if (rq->wait_ms == 0)
        return ST_OK;
    if (c->state == ITEM_CHECKING)
        return rq->wait_expired ? ST_OK : ST_WAIT;
    if (c->state == ITEM_READY)
        return ST_OK;
    if (c->error_nodes != NULL)
        request_problem(rq, "nodes", view_document(c->error_nodes));
    return err_set(&rq->err, ST_UNPROCESSABLE, c->error_code, "%s",
        c->error_detail ? c->error_detail : "refused without a reason");
}

enum status
api_text(const json_t *doc, char **out, struct err *err)
{
    *out = NULL;
    if (doc == NULL)
        return ST_OK;
    *out = json_dumps(doc, JSON_COMPACT | JSON_ENCODE_ANY);
    return *out ? ST_OK : err_nomem(err);
}

enum status
api_labels(const json_t *labels, const char *path, struct err *err)
{
    const char *key;
    json_t *v;

    json_object_foreach((json_t *)labels, key, v)
    {
        if (!json_is_string(v))
            return err_set(err, ST_INVALID, "request.field",
                "%s.%.64s must be a string", path, key);
    }
    return ST_OK;
}

enum status
request_modelled(struct request *rq, bool *modelled)
{
    const char *source = request_query(rq, "source");

    *modelled = source != NULL && strcmp(source, "modelled") == 0;
    if (source == NULL || *modelled)
        return ST_OK;
    return err_set(&rq->err, ST_INVALID, "request.query",
        "source must be modelled (times derived with the device's model), or "
        "be left out");
}

enum status
request_grade(struct request *rq, char *grade)
{
    const char *text = request_query(rq, "min_grade");

    *grade = 'X';
    if (text == NULL)
        return ST_OK;
    if (strlen(text) != 1 || strchr("ABCX", text[0]) == NULL)
        return err_set(&rq->err, ST_INVALID, "request.query",
            "min_grade must be A, B, C or X");
    *grade = text[0];
    return ST_OK;
}
