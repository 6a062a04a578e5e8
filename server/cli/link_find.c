/* SPDX-License-Identifier: MIT */
#include "server/cli/link_find.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The newest one with these ends, in one of its ways; ST_WAIT: there is
 * none. */
static enum status
ask(struct client *c, const char *from, const char *to, const char *way,
    struct link_way *out, struct err *err)
{
    char *a = rest_escape(from), *b = rest_escape(to), *path = NULL;
    json_t *doc = NULL;
    const json_t *one, *w;
    enum status st = ST_OK;

    if (a == NULL || b == NULL ||
        asprintf(&path, "/v1/links?from=%s&to=%s&limit=1", a, b) < 0) {
        path = NULL;
        st = err_nomem(err);
    }
    if (st == ST_OK)
        st = client_call(c, "GET", path, NULL, &doc, err);
    one = json_array_get(json_object_get(doc, "items"), 0);
    w = json_object_get(json_object_get(one, "link"), way);
    if (st == ST_OK && w == NULL)
        st = ST_WAIT;
    if (st == ST_OK)
        *out = (struct link_way){ .id = json_integer_value(
                                      json_object_get(one, "id")),
            .base_ns = json_get_number(json_object_get(w, "base_ns"), "value"),
            .byte_ns =
                json_get_number(json_object_get(w, "byte_ns"), "value") };
    json_decref(doc);
    free(path);
    free(b);
    free(a);
    return st;
}

enum status
link_find(
    struct client *c, const char *name, struct link_way *out, struct err *err)
{
    const char *comma = strchr(name, ',');
    char from[128];
    enum status st;

    if (comma == NULL || comma == name || comma[1] == '\0' ||
        (size_t)(comma - name) >= sizeof(from))
        return err_set(err, ST_INVALID, "cli.arguments",
            "--link '%.80s': give FROM,TO as `offramp links` lists them", name);
    snprintf(from, sizeof(from), "%.*s", (int)(comma - name), name);
    st = ask(c, from, comma + 1, "send", out, err);
    if (st == ST_WAIT)
        st = ask(c, comma + 1, from, "receive", out, err);
    if (st == ST_WAIT)
        return err_set(err, ST_NOT_FOUND, "link.not_found",
            "no link between %s and %.80s was measured: "
            "offramp links %s %.80s",
            from, comma + 1, from, comma + 1);
    return st;
}
