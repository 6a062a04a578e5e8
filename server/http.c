/* SPDX-License-Identifier: MIT */
/* From a request to its route, its handler and its answer. */
#include "server/http.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/log.h"
#include "server/api.h"
#include "server/auth.h"
#include "server/server.h"

/* The page loads only its own files and talks only to this server. */
const struct pair http_headers[] = {
    { "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        "img-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'" },
    { "X-Content-Type-Options", "nosniff" },
    { "X-Frame-Options", "DENY" },
    { "Referrer-Policy", "no-referrer" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cache-Control", "no-cache" },
    { NULL, NULL },
};

/* Match `path` with a pattern; the arguments are copied to rq->arg. */
static bool
pattern_match(const char *pattern, const char *path, struct request *rq)
{
    char *to = rq->arg_text, *end = to + sizeof(rq->arg_text);
    size_t n_args = 0;

    while (*pattern != '\0') {
        size_t n;

        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        pattern += strcspn(pattern, "}") + 1;
        n = strcspn(path, "/:");
        if (n == 0 || n_args == REQUEST_ARGS || n >= (size_t)(end - to))
            return false;
        memcpy(to, path, n);
        to[n] = '\0';
        rq->arg[n_args++] = to;
        to += n + 1;
        path += n;
    }
    return *path == '\0';
}

/* Find the route, or say which methods the path has (404 if none). */
static enum status
find_route(struct request *rq, char *allow, size_t cap)
{
    const char *method = strcmp(rq->method, "HEAD") == 0 ? "GET" : rq->method;

    allow[0] = '\0';
    for (const struct route *r = routes; r->method != NULL; r++) {
        if (!pattern_match(r->pattern, rq->path, rq))
            continue;
        if (strcmp(r->method, method) == 0) {
            rq->route = r;
            return ST_OK;
        }
        if (r->fn == api_service_asset && !api_service_has(rq->path))
            continue; /* its pattern fits every name */
        if (strstr(allow, r->method) == NULL)
            snprintf(allow + strlen(allow), cap - strlen(allow), "%s, %s",
                r->method, strcmp(r->method, "GET") == 0 ? "HEAD, " : "");
    }
    if (allow[0] == '\0')
        return err_set(&rq->err, ST_NOT_FOUND, "request.no_route",
            "nothing is at %.200s: /openapi.yaml lists what there is",
            rq->path);
    snprintf(allow + strlen(allow), cap - strlen(allow), "OPTIONS");
    return err_set(
        &rq->err, ST_METHOD, NULL, "%.16s is not among %s", rq->method, allow);
}

/* Is `name` one of the space-separated `names` (may be NULL)? */
static bool
has_word(const char *names, const char *name)
{
    size_t n = strlen(name);

    for (const char *p = names; p != NULL && *p != '\0';) {
        size_t len = strcspn(p, " ");

        if (len == n && strncmp(p, name, n) == 0)
            return true;
        p += len + strspn(p + len, " ");
    }
    return false;
}

static enum status
check_query(struct request *rq)
{
    int64_t wait_s = 0;
    int64_t most_ms = server_config(rq->server)->poll_ms;
    enum status st;

    for (size_t i = 0; i < rq->n_query; i++)
        if (!has_word(rq->route->query, rq->query[i].name))
            return err_set(&rq->err, ST_INVALID, "request.query",
                "'%.40s' is not known here: %s", rq->query[i].name,
                rq->route->query ? rq->route->query : "there is no query");
    if ((st = request_query_int(rq, "wait", 0, 60, &wait_s)) != ST_OK)
        return st;
    rq->wait_ms = wait_s * 1000 < most_ms ? wait_s * 1000 : most_ms;
    return ST_OK;
}

static bool
type_is(const char *type, const char *want)
{
    size_t n = strlen(want);

    return type != NULL && strncasecmp(type, want, n) == 0 &&
           strchr("; ", type[n]) != NULL; /* the NUL too */
}

/* Is a body of this type taken, and how? */
static enum status
choose_body(struct request *rq)
{
    const char *type = request_header(rq, "Content-Type");
    unsigned kinds = rq->route->body;

    if (kinds & BODY_FILE || (kinds & BODY_CSV && type_is(type, "text/csv")))
        rq->file_body = true;
    else if (kinds & BODY_JSON && type_is(type, "application/json"))
        rq->json_body = true;
    else if (kinds != BODY_NONE)
        return err_set(&rq->err, ST_TYPE, NULL,
            "Content-Type '%.60s' is not taken here, only %s", type ? type : "",
            kinds & BODY_CSV ? "application/json and text/csv"
                             : "application/json");
    return ST_OK;
}

/* Judge the body by its headers: is one wanted, of this type and length? */
static enum status
check_body(struct request *rq, int64_t *cap)
{
    const char *length = request_header(rq, "Content-Length");
    int64_t size = 0;
    enum status st;

    rq->file_body = rq->json_body = false;
    if (length != NULL &&
        (st = request_header_int(rq, "Content-Length", 0, &size)) != ST_OK)
        return st;
    if ((size > 0 || request_header(rq, "Transfer-Encoding") != NULL ||
            rq->route->body == BODY_FILE) &&
        (st = choose_body(rq)) != ST_OK)
        return st;
    if (rq->file_body)
        *cap = server_config(rq->server)->max_blob_bytes;
    else if (rq->json_body)
        *cap = (int64_t)rq->route->body_cap;
    return size > *cap ? ST_TOO_LARGE : ST_OK;
}

static void
take_id(struct request *rq)
{
    const char *id = request_header(rq, "X-Request-Id");

    if (id != NULL && auth_name_valid(id))
        snprintf(rq->id, sizeof(rq->id), "%s", id);
    else
        hash_random_hex(8, rq->id);
}

bool
http_begin(struct request *rq, struct reply *rp, int64_t *cap)
{
    char allow[64];
    enum status st;

    reply_init(rp);
    *cap = 0;
    take_id(rq);
    if ((st = find_route(rq, allow, sizeof(allow))) == ST_METHOD) {
        reply_header(rp, "Allow", "%s", allow);
        if (strcmp(rq->method, "OPTIONS") == 0) {
            reply_empty(rp, 204);
            return false;
        }
    }
    if (st == ST_OK)
        st = auth_check(rq);
    if (st == ST_OK)
        st = check_query(rq);
    if (st == ST_OK && (st = check_body(rq, cap)) == ST_TOO_LARGE) {
        http_too_large(rq, rp, *cap);
        return false;
    }
    if (st != ST_OK)
        http_problem(rq, rp, st);
    return st == ST_OK;
}

bool
http_dispatch(struct request *rq, struct reply *rp)
{
    enum status st = ST_OK;

    reply_init(rp);
    err_clear(&rq->err);
    json_decref(rq->problem);
    rq->problem = NULL;
    if (rq->wait_ms == 0)
        rq->wait_expired = true;
    if (rq->json_body && rq->json == NULL)
        st = json_parse(rq->body.data ? rq->body.data : "", rq->body.len,
            &rq->json, &rq->err);
    if (st == ST_OK)
        st = rq->route->fn(rq, rp);
    assert(db_idle(rq->db));
    if (st == ST_WAIT && !rq->wait_expired) {
        reply_clear(rp);
        return false;
    }
    if (st == ST_WAIT)
        reply_empty(rp, 204);
    else if (st != ST_OK)
        http_problem(rq, rp, st);
    return true;
}

void
http_too_large(struct request *rq, struct reply *rp, int64_t cap)
{
    if (cap == 0)
        err_set(&rq->err, ST_INVALID, "request.body", "%s %s takes no body",
            rq->route->method, rq->route->pattern);
    else
        err_set(&rq->err, ST_TOO_LARGE, NULL,
            "the body may have %lld bytes here", (long long)cap);
    http_problem(rq, rp, rq->err.status);
}

static bool
is_retryable(enum status st)
{
    return st == ST_BUSY || st == ST_UNAVAILABLE || st == ST_TIMEOUT ||
           st == ST_TOO_MANY || st == ST_FULL || st == ST_READ_ONLY;
}

/* Text as JSON whatever its bytes: it may quote what a client sent. */
static json_t *
text_json(const char *text)
{
    char ascii[sizeof(((struct err *)0)->text)];
    json_t *s = json_string(text);
    size_t i = 0;

    if (s != NULL)
        return s;
    for (; text[i] != '\0' && i < sizeof(ascii) - 1; i++)
        ascii[i] = text[i] & 0x80 ? '?' : text[i];
    ascii[i] = '\0';
    return json_string(ascii);
}

static json_t *
problem_json(const struct request *rq, enum status st, int http)
{
    const char *code = rq->err.code[0] ? rq->err.code : status_code(st);
    const char *text = rq->err.text[0] ? rq->err.text : status_title(st);
    json_t *o = json_pack("{s:s+, s:s, s:i, s:o, s:s, s:b, s:s}", "type",
        "urn:offramp:problem:", code, "title", status_title(st), "status", http,
        "detail", text_json(text), "code", code, "retryable", is_retryable(st),
        "request_id", rq->id);

    if (o != NULL && rq->problem != NULL)
        json_object_update_missing(o, rq->problem);
    return o;
}

/* Where not even the problem can be described. */
static const char last_resort[] =
    "{\"type\":\"about:blank\",\"title\":\"Out of memory\",\"status\":500,"
    "\"detail\":\"out of memory\",\"code\":\"server.out_of_memory\","
    "\"retryable\":true,\"request_id\":\"\"}";

void
http_problem(struct request *rq, struct reply *rp, enum status st)
{
    static const char type[] = "application/problem+json";
    int http = status_http(st);
    json_t *o = problem_json(rq, st, http);
    struct reply kept = *rp;

    /* The headers set so far stay (Allow), the body goes. */
    kept.json = NULL;
    kept.data = NULL;
    kept.fixed = NULL;
    kept.fd = -1;
    reply_clear(rp);
    *rp = kept;
    if (http >= 500)
        log_error("%s %s: %s (request %s)", rq->method, rq->path, rq->err.text,
            rq->id);
    if (http == 401)
        reply_header(rp, "WWW-Authenticate", "Bearer realm=\"offramp\"");
    if (http == 429 || http == 503)
        reply_header(rp, "Retry-After", "1");
    if (reply_json(rp, http, o) == ST_OK)
        snprintf(rp->type, sizeof(rp->type), "%s", type);
    else
        reply_fixed(rp, 500, type, last_resort, sizeof(last_resort) - 1);
}
