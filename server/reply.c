/* SPDX-License-Identifier: MIT */
/* Filling a reply. */
#include "server/http.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
reply_init(struct reply *rp)
{
    *rp = (struct reply){ .fd = -1 };
}

void
reply_clear(struct reply *rp)
{
    json_decref(rp->json);
    free(rp->data);
    if (rp->fd >= 0)
        close(rp->fd);
    reply_init(rp);
}

static void
set_type(struct reply *rp, int status, const char *type)
{
    rp->status = status;
    snprintf(rp->type, sizeof(rp->type), "%s", type);
}

enum status
reply_json(struct reply *rp, int status, json_t *json)
{
    if (json == NULL)
        return ST_NOMEM;
    set_type(rp, status, "application/json");
    rp->json = json;
    return ST_OK;
}

enum status
reply_data(
    struct reply *rp, int status, const char *type, char *data, size_t len)
{
    if (data == NULL)
        return ST_NOMEM;
    set_type(rp, status, type);
    rp->data = data;
    rp->len = len;
    return ST_OK;
}

enum status
reply_text(struct reply *rp, int status, const char *type, char *text)
{
    return reply_data(rp, status, type, text, text ? strlen(text) : 0);
}

enum status
reply_fixed(struct reply *rp, int status, const char *type, const void *data,
    size_t len)
{
    set_type(rp, status, type);
    rp->fixed = data;
    rp->len = len;
    return ST_OK;
}

enum status
reply_file(struct reply *rp, int status, const char *type, int fd, int64_t size)
{
    set_type(rp, status, type);
    rp->fd = fd;
    rp->len = (size_t)size;
    return ST_OK;
}

enum status
reply_empty(struct reply *rp, int status)
{
    set_type(rp, status, "");
    return ST_OK;
}

enum status
reply_list(struct reply *rp, json_t *items, int64_t next)
{
    return reply_json(rp, 200,
        json_pack("{s:o, s:o}", "items", items, "next",
            next > 0 ? json_integer(next) : json_null()));
}

void
reply_header(struct reply *rp, const char *name, const char *fmt, ...)
{
    size_t i = rp->n_header;
    va_list ap;
    int n;

    assert(i < sizeof(rp->header) / sizeof(rp->header[0]));
    assert(strlen(name) < sizeof(rp->header[i].name));
    snprintf(rp->header[i].name, sizeof(rp->header[i].name), "%s", name);
    va_start(ap, fmt);
    n = vsnprintf(rp->header[i].value, sizeof(rp->header[i].value), fmt, ap);
    va_end(ap);
    assert(n >= 0 && (size_t)n < sizeof(rp->header[i].value));
    (void)n;
    rp->n_header++;
}

bool
reply_not_modified(struct request *rq, struct reply *rp, const char *tag)
{
    const char *known = request_header(rq, "If-None-Match");
    char quoted[96];

    snprintf(quoted, sizeof(quoted), "\"%s\"", tag);
    reply_header(rp, "ETag", "%s", quoted);
    if (known == NULL ||
        (strcmp(known, "*") != 0 && strstr(known, quoted) == NULL))
        return false;
    reply_empty(rp, 304);
    return true;
}
