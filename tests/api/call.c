/* SPDX-License-Identifier: MIT */
#include "call.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/blob.h"

/* Cut "?a=b&c=d" into pairs, in place. */
static void
split_query(struct request *rq, char *query)
{
    char *rest = NULL;

    for (char *p = strtok_r(query, "&", &rest); p != NULL;
         p = strtok_r(NULL, "&", &rest)) {
        char *eq = strchr(p, '=');

        if (eq != NULL)
            *eq++ = '\0';
        rq->query[rq->n_query++] = (struct pair){ p, eq ? eq : "" };
        assert(rq->n_query < REQUEST_PAIRS);
    }
}

static void
add_header(struct request *rq, const char *name, const char *value)
{
    assert(rq->n_header < REQUEST_PAIRS);
    rq->header[rq->n_header++] = (struct pair){ name, value };
}

/* Those every client sends, then the case's own. */
static void
set_headers(struct call *c, const json_t *headers, const struct call_body *body)
{
    char length[24];
    const char *name;
    json_t *v;

    snprintf(length, sizeof(length), "%zu", body->len);
    c->headers = json_pack("{s:s,s:s*,s:s*}", "Host", "127.0.0.1:8080",
        "Content-Type", body->data ? body->type : NULL, "Content-Length",
        body->data ? length : NULL);
    json_object_update(c->headers, (json_t *)headers);
    json_object_foreach(c->headers, name, v)
        add_header(&c->rq, name, json_string_value(v));
}

/* A body that is not JSON is in a file when its handler is called. */
static bool
write_file(struct call *c, const struct call_body *body)
{
    int fd = -1;
    bool ok =
        db_blob_tmp(c->rq.db, c->file, sizeof(c->file), &fd, NULL) == ST_OK &&
        write(fd, body->data, body->len) == (ssize_t)body->len;

    if (fd >= 0)
        close(fd);
    c->rq.file = c->file;
    return ok;
}

static bool
give_body(struct call *c, const struct call_body *body, int64_t cap)
{
    struct request *rq = &c->rq;

    if (body->data == NULL)
        return true;
    if ((int64_t)body->len > cap) {
        http_too_large(rq, &c->rp, cap);
        return false;
    }
    if (!rq->json_body && (rq->route->body & (BODY_CSV | BODY_FILE)))
        return write_file(c, body);
    buf_init(&rq->body, (size_t)cap);
    return buf_add(&rq->body, body->data, body->len, NULL) == ST_OK;
}

void
call_make(struct call *c, struct server *server, struct db *db,
    const char *request, const json_t *headers, const struct call_body *body,
    int64_t now_ms)
{
    char *space, *question;

    memset(c, 0, sizeof(*c));
    reply_init(&c->rp);
    c->method = strdup(request);
    space = strchr(c->method, ' ');
    assert(space != NULL);
    *space = '\0';
    c->target = strdup(space + 1);
    if ((question = strchr(c->target, '?')) != NULL) {
        *question = '\0';
        split_query(&c->rq, question + 1);
    }
    c->rq.server = server;
    c->rq.db = db;
    c->rq.method = c->method;
    c->rq.path = c->target;
    c->rq.now_ms = now_ms;
    set_headers(c, headers, body);
}

bool
call_send(struct call *c, const struct call_body *body)
{
    int64_t cap;

    if (!http_begin(&c->rq, &c->rp, &cap) || !give_body(c, body, cap))
        return true;
    c->begun = true;
    return http_dispatch(&c->rq, &c->rp);
}

bool
call_again(struct call *c, int64_t now_ms, bool expired)
{
    c->rq.now_ms = now_ms;
    c->rq.wait_expired = expired;
    return http_dispatch(&c->rq, &c->rp);
}

char *
call_text(const struct call *c)
{
    const struct reply *rp = &c->rp;
    char *text;

    if (rp->json != NULL)
        return json_dumps(rp->json, JSON_COMPACT);
    text = calloc(rp->len + 1, 1);
    if (rp->fd >= 0) {
        if (pread(rp->fd, text, rp->len, 0) != (ssize_t)rp->len)
            text[0] = '\0';
    } else if (rp->data != NULL || rp->fixed != NULL) {
        memcpy(text, rp->data ? rp->data : rp->fixed, rp->len);
    }
    return text;
}

void
call_end(struct call *c)
{
    if (c->file[0] != '\0')
        unlink(c->file);
    request_clear(&c->rq);
    reply_clear(&c->rp);
    json_decref(c->headers);
    free(c->method);
    free(c->target);
    memset(c, 0, sizeof(*c));
}
