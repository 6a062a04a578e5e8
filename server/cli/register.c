/* SPDX-License-Identifier: MIT */
#include "server/cli/register.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "server/cli/follow.h"

enum status
option_json(const char *option, const char *text, json_t **out, struct err *err)
{
    struct err why = { 0 };

    *out = NULL;
    if (text == NULL || json_parse(text, strlen(text), out, &why) == ST_OK)
        return ST_OK;
    return err_set(err, ST_INVALID, "cli.option", "--%s: %s", option, why.text);
}

enum status
register_model(struct client *c, const char *path, const char *name,
    json_t *shape, json_t **model, struct err *err)
{
    const char *slash = strrchr(path, '/');
    char hex[HASH_HEX], url[128];
    json_t *body, *doc = NULL;
    enum status st;

    *model = NULL;
    if ((st = client_upload(c, path, hex, err)) != ST_OK) {
        json_decref(shape);
        return st;
    }
    body = json_pack("{s:s,s:s,s:o*}", "blob", hex, "name",
        name    ? name
        : slash ? slash + 1
                : path,
        "shape", shape);
    if (body == NULL)
        return err_nomem(err);
    st = client_call(c, "POST", "/v1/models?wait=50", body, &doc, err);
    json_decref(body);
    if (st != ST_OK)
        return st;
    snprintf(url, sizeof(url), "/v1/models/%.80s",
        json_string_value(json_object_get(doc, "id")));
    json_decref(doc);
    return follow(c, url, "analysis", model, err);
}

enum status
register_made(struct client *c, const char *collection, json_t *body,
    const char *title, int64_t *id, struct err *err)
{
    json_t *doc = NULL, *ended = NULL;
    char path[64];
    enum status st;

    if (body == NULL)
        return err_nomem(err);
    snprintf(path, sizeof(path), "/v1/%s", collection);
    st = client_call(c, "POST", path, body, &doc, err);
    json_decref(body);
    if (st != ST_OK)
        return st;
    *id = json_integer_value(json_object_get(doc, "id"));
    json_decref(doc);
    snprintf(path, sizeof(path), "/v1/%s/%lld", collection, (long long)*id);
    st = follow(c, path, title, &ended, err);
    json_decref(ended);
    return st;
}

enum status
register_data(struct client *c, const char *model, const struct data_files *f,
    int64_t *id, struct err *err)
{
    char x[HASH_HEX], y[HASH_HEX];
    json_t *pre;
    enum status st = option_json("preprocess", f->preprocess, &pre, err);

    if (st != ST_OK)
        return st;
    if ((st = client_upload(c, f->data, x, err)) != ST_OK ||
        (f->labels && (st = client_upload(c, f->labels, y, err)) != ST_OK)) {
        json_decref(pre);
        return st;
    }
    return register_made(c, "datasets",
        json_pack("{s:s,s:s,s:s*,s:o*}", "model", model, "inputs", x, "labels",
            f->labels ? y : NULL, "preprocess", pre),
        "data set", id, err);
}
