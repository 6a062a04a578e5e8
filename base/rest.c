/* SPDX-License-Identifier: MIT */
#include "base/rest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "base/version.h"

enum { REST_BODY_MAX = 256 << 20 };

struct rest {
    CURL *curl;
    char *url, *token;
};

/* State of one call, seen by the callbacks. */
struct call_state {
    CURL *curl;
    struct buf body;
    FILE *save;
    const atomic_bool *stop;
    struct err *err;
    enum status st;
};

enum status
rest_open(
    struct rest **out, const char *url, const char *token, struct err *err)
{
    struct rest *r = calloc(1, sizeof(*r));
    size_t n = strlen(url);

    *out = NULL;
    if (r == NULL)
        return err_nomem(err);
    while (n > 0 && url[n - 1] == '/')
        n--;
    r->url = strndup(url, n);
    r->token = token && token[0] ? strdup(token) : NULL;
    r->curl = curl_easy_init();
    if (r->url == NULL || r->curl == NULL ||
        (token && token[0] && r->token == NULL)) {
        rest_close(r);
        return err_nomem(err);
    }
    *out = r;
    return ST_OK;
}

void
rest_close(struct rest *r)
{
    if (r == NULL)
        return;
    curl_easy_cleanup(r->curl);
    free(r->url);
    free(r->token);
    free(r);
}

static size_t
on_body(char *data, size_t size, size_t n, void *ctx)
{
    struct call_state *c = ctx;
    long http = 0;

    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &http);
    if (c->save != NULL && http == 200) {
        if (fwrite(data, size, n, c->save) == n)
            return size * n;
        c->st = err_errno(c->err, "saving the answer");
        return 0;
    }
    c->st = buf_add(&c->body, data, size * n, c->err);
    return c->st == ST_OK ? size * n : 0;
}

static int
on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct call_state *s = ctx;

    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return s->stop != NULL && *s->stop;
}

/* Append a header line; NULL (and the old list freed) if out of memory. */
static struct curl_slist *
add_header(struct curl_slist *list, const char *line)
{
    struct curl_slist *more = list ? curl_slist_append(list, line) : NULL;

    if (more == NULL)
        curl_slist_free_all(list);
    return more;
}

static struct curl_slist *
make_headers(const struct rest *r, const struct rest_call *call)
{
    /* No "Expect: 100-continue": it costs a round trip a call. */
    struct curl_slist *h = curl_slist_append(NULL, "Expect:");
    char line[600];

    if (call->json != NULL || call->file != NULL) {
        snprintf(line, sizeof(line), "Content-Type: %s",
            call->json   ? "application/json"
            : call->type ? call->type
                         : "application/octet-stream");
        h = add_header(h, line);
    }
    if (r->token != NULL) {
        snprintf(line, sizeof(line), "Authorization: Bearer %s", r->token);
        h = add_header(h, line);
    }
    if (call->header != NULL)
        h = add_header(h, call->header);
    return h;
}

/* Open the file to send.  A task may have left anything under its name: a pipe
 * must not block, and sending it again must not be tried. */
static enum status
open_upload(
    const struct rest_call *call, FILE **out, int64_t *size, struct err *err)
{
    int fd = open(call->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat sb;
    enum status st = ST_OK;

    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        return err_errno(err, call->file);
    if (fd < 0)
        return err_set(err, ST_UNPROCESSABLE, "client.file", "%s: %s",
            call->file, strerror(errno));
    if (fstat(fd, &sb) < 0 || !S_ISREG(sb.st_mode))
        st = err_set(err, ST_UNPROCESSABLE, "client.file",
            "%s: not a regular file", call->file);
    else if (call->file_max > 0 && sb.st_size > call->file_max)
        st = err_set(err, ST_UNPROCESSABLE, "client.file",
            "%s: %lld bytes, at most %lld", call->file, (long long)sb.st_size,
            (long long)call->file_max);
    else if ((*out = fdopen(fd, "rb")) == NULL)
        st = err_errno(err, call->file);
    else
        *size = (int64_t)sb.st_size;
    if (st != ST_OK)
        close(fd);
    return st;
}

static enum status
perform(struct call_state *c, const struct rest *r, const char *url,
    struct err *err)
{
    CURLcode rc = curl_easy_perform(c->curl);

    switch (rc) {
    case CURLE_OK:
        return ST_OK;
    case CURLE_ABORTED_BY_CALLBACK:
        return err_set(err, ST_CANCELLED, NULL, "interrupted");
    case CURLE_OPERATION_TIMEDOUT:
        return err_set(err, ST_TIMEOUT, "client.timeout",
            "%s did not answer in time", url);
    case CURLE_OUT_OF_MEMORY:
        return err_nomem(err);
    default:
        if (c->st != ST_OK)
            return c->st;
        return err_set(err, ST_UNAVAILABLE, "client.unreachable",
            "%s: %s (is offrampd running there?)", r->url,
            curl_easy_strerror(rc));
    }
}

enum status
rest_do(struct rest *r, const struct rest_call *call, struct rest_answer *out,
    struct err *err)
{
    struct call_state c = { .curl = r->curl, .stop = call->stop, .err = err };
    struct curl_slist *headers = NULL;
    char *url = NULL, *text = NULL;
    FILE *upload = NULL;
    int64_t size = 0;
    enum status st = ST_OK;
    long http = 0;

    *out = (struct rest_answer){ 0 };
    buf_init(&c.body, REST_BODY_MAX);
    if (asprintf(&url, "%s%s", r->url, call->path) < 0)
        return err_nomem(err);
    curl_easy_reset(r->curl);
    if ((headers = make_headers(r, call)) == NULL) {
        st = err_nomem(err);
        goto out;
    }
    curl_easy_setopt(r->curl, CURLOPT_URL, url);
    curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(r->curl, CURLOPT_USERAGENT, "offramp/" OFFRAMP_VERSION);
    curl_easy_setopt(r->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(r->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(r->curl, CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(r->curl, CURLOPT_TIMEOUT,
        (long)(call->timeout_s ? call->timeout_s : 30));
    curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, &c);
    curl_easy_setopt(r->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(r->curl, CURLOPT_XFERINFODATA, &c);
    curl_easy_setopt(r->curl, CURLOPT_NOPROGRESS, 0L);
    if (call->json != NULL) {
        text = json_dumps(call->json, JSON_COMPACT | JSON_ENCODE_ANY);
        if (text == NULL) {
            st = err_nomem(err);
            goto out;
        }
        curl_easy_setopt(r->curl, CURLOPT_POSTFIELDS, text);
        curl_easy_setopt(
            r->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(text));
    } else if (call->file != NULL) {
        if ((st = open_upload(call, &upload, &size, err)) != ST_OK)
            goto out;
        curl_easy_setopt(r->curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(r->curl, CURLOPT_READDATA, upload);
        curl_easy_setopt(r->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)size);
    } else if (strcmp(call->method, "HEAD") == 0) {
        curl_easy_setopt(r->curl, CURLOPT_NOBODY, 1L);
    } else if (strcmp(call->method, "GET") != 0) {
        curl_easy_setopt(r->curl, CURLOPT_POSTFIELDS, "");
    }
    curl_easy_setopt(r->curl, CURLOPT_CUSTOMREQUEST, call->method);
    if (call->save != NULL && (c.save = fopen(call->save, "wbe")) == NULL) {
        st = err_errno(err, call->save);
        goto out;
    }
    if ((st = perform(&c, r, url, err)) != ST_OK)
        goto out;
    curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &http);
    out->http = (int)http;
    out->body = buf_take(&c.body, &out->len);
    if (out->body != NULL)
        out->json = json_loadb(out->body, out->len, JSON_DECODE_ANY, NULL);
out:
    if (c.save != NULL && fclose(c.save) != 0 && st == ST_OK)
        st = err_errno(err, call->save);
    if (upload != NULL)
        fclose(upload);
    buf_clear(&c.body);
    curl_slist_free_all(headers);
    free(text);
    free(url);
    if (st != ST_OK)
        rest_answer_clear(out);
    return st;
}

void
rest_answer_clear(struct rest_answer *a)
{
    json_decref(a->json);
    free(a->body);
    *a = (struct rest_answer){ 0 };
}

enum status
rest_expect(const struct rest_answer *a, struct err *err)
{
    const char *code = NULL, *detail = NULL;
    enum status st = a->http >= 500 ? ST_UNAVAILABLE : ST_INVALID;

    if (a->http >= 200 && a->http < 300)
        return ST_OK;
    for (int s = ST_OK; s <= ST_WAIT; s++)
        if (status_http((enum status)s) == a->http) {
            st = (enum status)s;
            break;
        }
    code = json_string_value(json_object_get(a->json, "code"));
    detail = json_string_value(json_object_get(a->json, "detail"));
    return err_set(err, st, code, "%s (HTTP %d)",
        detail ? detail : "the server refused", a->http);
}

char *
rest_escape(const char *text)
{
    char *e = curl_easy_escape(NULL, text, 0), *copy;

    if (e == NULL)
        return NULL;
    copy = strdup(e);
    curl_free(e);
    return copy;
}
