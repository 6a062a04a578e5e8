/* SPDX-License-Identifier: MIT */
#include "server/view.h"

#include <string.h>

#include "base/clock.h"

json_t *
view_time(int64_t utc_ms)
{
    char text[CLOCK_TEXT];

    if (utc_ms == 0)
        return json_null();
    clock_utc_text(utc_ms, text);
    return json_string(text);
}

json_t *
view_document(const char *text)
{
    json_t *doc;
    enum status st;

    if (text == NULL)
        return json_null();
    st = json_parse(text, strlen(text), &doc, NULL);
    return st == ST_OK || st == ST_NOMEM ? doc : json_null();
}

json_t *
view_id(int64_t id)
{
    return id == 0 ? json_null() : json_integer(id);
}

json_t *
view_text(const char *text)
{
    return text == NULL ? json_null() : json_string(text);
}

json_t *
view_failure(enum fail_class class, const char *code, const char *detail,
    const char *nodes)
{
    json_t *o;

    if (code == NULL)
        return json_null();
    o = json_pack("{s:s,s:s,s:o}", "code", code, "detail", detail ? detail : "",
        "nodes", nodes ? view_document(nodes) : json_array());
    if (o != NULL && class != FAIL_NONE &&
        json_object_set_new(o, "class", json_string(fail_class_words[class])) <
            0) {
        json_decref(o);
        return NULL;
    }
    return o;
}

json_t *
view_merge(json_t *o, json_t *more)
{
    int rc = o == NULL || more == NULL || json_object_update(o, more) < 0;

    json_decref(more);
    if (rc == 0)
        return o;
    json_decref(o);
    return NULL;
}
