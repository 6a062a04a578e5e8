/* SPDX-License-Identifier: MIT */
#include "unit/server/call.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "db/blob.h"

static int
setup(void **state, bool auth)
{
    struct service *s = calloc(1, sizeof(*s));
    struct server_config c;

    assert_non_null(s);
    assert_int_equal(hash_start(NULL), ST_OK);
    snprintf(s->dir, sizeof(s->dir), "/tmp/offramp-server-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->path, sizeof(s->path), "%s/s.db", s->dir);
    c = server_defaults(s->path);
    c.auth = auth;
    assert_int_equal(server_open(&s->server, &c, NULL), ST_OK);
    assert_int_equal(db_open(&s->db, s->path, NULL), ST_OK);
    s->now_ms = INT64_C(1800000000000);
    *state = s;
    return 0;
}

int
service_setup(void **state)
{
    return setup(state, false);
}

int
service_setup_auth(void **state)
{
    return setup(state, true);
}

int
service_teardown(void **state)
{
    struct service *s = *state;

    db_close(s->db);
    server_close(s->server);
    assert_int_equal(file_rmtree(s->dir, NULL), ST_OK);
    free(s);
    return 0;
}

/* Split "path?a=b&c=d" in place. */
static void
split_url(struct request *rq, char *url)
{
    char *query = strchr(url, '?'), *rest = NULL;

    rq->path = url;
    if (query == NULL)
        return;
    *query = '\0';
    for (char *p = strtok_r(query + 1, "&", &rest); p != NULL;
         p = strtok_r(NULL, "&", &rest)) {
        char *value = strchr(p, '=');

        assert_in_range(rq->n_query, 0, REQUEST_PAIRS - 1);
        if (value != NULL)
            *value++ = '\0';
        rq->query[rq->n_query++] = (struct pair){ p, value ? value : "" };
    }
}

static void
add_header(struct request *rq, const char *name, const char *value)
{
    rq->header[rq->n_header++] = (struct pair){ name, value };
}

/* Those of `ask` come first, so that they win. */
static void
add_headers(struct request *rq, const struct ask *ask, const char *length)
{
    for (const struct pair *h = ask->headers; h->name != NULL; h++)
        add_header(rq, h->name, h->value);
    add_header(rq, "Host", "127.0.0.1:8080");
    if (ask->body == NULL)
        return;
    add_header(rq, "Content-Type", ask->type ? ask->type : "application/json");
    add_header(rq, "Content-Length", length);
}

static void
give_body(struct service *s, struct request *rq, const char *body, size_t len,
    char *path, int64_t cap)
{
    int fd;

    buf_init(&rq->body, (size_t)cap);
    if (!rq->file_body) {
        assert_int_equal(buf_add(&rq->body, body, len, NULL), ST_OK);
        return;
    }
    assert_int_equal(db_blob_tmp(s->db, path, PATH_MAX, &fd, NULL), ST_OK);
    assert_int_equal(write(fd, body, len), (ssize_t)len);
    close(fd);
    rq->file = path;
}

/* Read what the reply holds, as it would be sent. */
static void
take_body(struct answer *a)
{
    struct reply *rp = &a->reply;

    if (rp->json != NULL) {
        char *text = json_dumps(rp->json, JSON_COMPACT | JSON_ENCODE_ANY);

        assert_non_null(text);
        a->json = json_loads(text, JSON_DECODE_ANY, NULL);
        assert_non_null(a->json);
        free(text);
        return;
    }
    a->body = calloc(1, rp->len + 1);
    assert_non_null(a->body);
    if (rp->fd >= 0)
        assert_int_equal(read(rp->fd, a->body, rp->len), (ssize_t)rp->len);
    else if (rp->len > 0)
        memcpy(a->body, rp->data ? rp->data : rp->fixed, rp->len);
    if (strstr(rp->type, "json") != NULL)
        a->json = json_loads(a->body, JSON_DECODE_ANY, NULL);
}

struct answer
call_ask(struct service *s, const struct ask *ask)
{
    struct request *rq = calloc(1, sizeof(*rq));
    char *url = strdup(ask->url), length[32], path[PATH_MAX] = "";
    const char *body = ask->body ? ask->body : "";
    size_t len = ask->len ? ask->len : strlen(body);
    struct answer a = { 0 };
    int64_t cap;

    assert_non_null(rq);
    assert_non_null(url);
    snprintf(length, sizeof(length), "%zu", len);
    rq->server = s->server;
    rq->method = ask->method;
    rq->now_ms = s->now_ms;
    rq->db = s->db;
    rq->wait_expired = !ask->waits;
    split_url(rq, url);
    add_headers(rq, ask, length);
    if (http_begin(rq, &a.reply, &cap)) {
        give_body(s, rq, body, len, path, cap);
        if (http_dispatch(rq, &a.reply))
            a.status = a.reply.status;
    } else {
        a.status = a.reply.status;
    }
    if (a.status != 0)
        take_body(&a);
    if (path[0] != '\0')
        unlink(path);
    request_clear(rq);
    free(rq);
    free(url);
    return a;
}

void
answer_clear(struct answer *a)
{
    json_decref(a->json);
    free(a->body);
    reply_clear(&a->reply);
    a->json = NULL;
    a->body = NULL;
}

const char *
answer_header(const struct answer *a, const char *name)
{
    for (size_t i = 0; i < a->reply.n_header; i++)
        if (strcmp(a->reply.header[i].name, name) == 0)
            return a->reply.header[i].value;
    return NULL;
}

json_t *
call(struct service *s, int status, const char *method, const char *url,
    const char *body)
{
    struct answer a = call_ask(
        s, &(struct ask){ .method = method, .url = url, .body = body });
    json_t *json = json_incref(a.json);

    if (a.status != status)
        fail_msg("%s %s: %d: %s", method, url, a.status,
            json_string_value(json_object_get(json, "detail")));
    answer_clear(&a);
    return json;
}

void
call_fails(struct service *s, int status, const char *code, const char *method,
    const char *url, const char *body)
{
    json_t *o = call(s, status, method, url, body);

    assert_non_null(o);
    assert_string_equal(json_string_value(json_object_get(o, "code")), code);
    assert_int_equal(json_integer_value(json_object_get(o, "status")), status);
    json_decref(o);
}

void
call_blob(struct service *s, const void *data, size_t len, char *hex)
{
    char url[128];
    struct answer a;

    hash_bytes(data, len, hex);
    snprintf(url, sizeof(url), "/v1/blobs/sha256:%s", hex);
    a = call_ask(s,
        &(struct ask){ .method = "PUT", .url = url, .body = data, .len = len });
    assert_in_range(a.status, 200, 201);
    answer_clear(&a);
}
