/* SPDX-License-Identifier: MIT */
/* What handlers ask of a request: path arguments, query, headers. */
#include "server/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"

static const char *
pair_find(const struct pair *p, size_t n, const char *name,
    int (*compare)(const char *, const char *))
{
    for (size_t i = 0; i < n; i++)
        if (compare(p[i].name, name) == 0)
            return p[i].value ? p[i].value : "";
    return NULL;
}

const char *
request_query(const struct request *rq, const char *name)
{
    return pair_find(rq->query, rq->n_query, name, strcmp);
}

const char *
request_header(const struct request *rq, const char *name)
{
    return pair_find(rq->header, rq->n_header, name, strcasecmp);
}

/* Digits only: no sign but '-', no space, nothing after. */
static bool
parse_int(const char *text, int64_t min, int64_t max, int64_t *out)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    long long v;

    if (digits[0] == '\0' || strspn(digits, "0123456789") != strlen(digits))
        return false;
    errno = 0;
    v = strtoll(text, NULL, 10);
    if (errno != 0 || v < min || v > max)
        return false;
    *out = v;
    return true;
}

static enum status
read_int(struct request *rq, const char *code, const char *what,
    const char *text, int64_t min, int64_t max, int64_t *out)
{
    if (parse_int(text, min, max, out))
        return ST_OK;
    if (max == INT64_MAX)
        return err_set(&rq->err, ST_INVALID, code,
            "%s: '%.40s' is not an integer from %lld on", what, text,
            (long long)min);
    return err_set(&rq->err, ST_INVALID, code,
        "%s: '%.40s' is not an integer from %lld to %lld", what, text,
        (long long)min, (long long)max);
}

enum status
request_int(
    struct request *rq, size_t i, int64_t min, int64_t max, int64_t *out)
{
    return read_int(rq, "request.id", rq->path, rq->arg[i], min, max, out);
}

enum status
request_id(struct request *rq, size_t i, int64_t *id)
{
    return request_int(rq, i, 1, INT64_MAX, id);
}

enum status
request_hash(struct request *rq, size_t i, const char **hex)
{
    if (!hash_valid(rq->arg[i]))
        return err_set(&rq->err, ST_INVALID, "request.id",
            "'%.80s' is not a SHA-256: 64 lower-case hex digits are wanted",
            rq->arg[i]);
    *hex = rq->arg[i];
    return ST_OK;
}

enum status
request_query_int(struct request *rq, const char *name, int64_t min,
    int64_t max, int64_t *out)
{
    const char *text = request_query(rq, name);

    return text == NULL
               ? ST_OK
               : read_int(rq, "request.query", name, text, min, max, out);
}

enum status
request_page(struct request *rq, struct page *page)
{
    int64_t limit = 50;
    enum status st;

    *page = (struct page){ 0 };
    if ((st = request_query_int(rq, "cursor", 0, INT64_MAX, &page->cursor)) !=
            ST_OK ||
        (st = request_query_int(rq, "limit", 1, 500, &limit)) != ST_OK)
        return st;
    page->limit = (int)limit;
    return ST_OK;
}

enum status
request_header_int(
    struct request *rq, const char *name, int64_t min, int64_t *out)
{
    const char *text = request_header(rq, name);

    if (text == NULL)
        return err_set(&rq->err, ST_INVALID, "request.header",
            "the header %s is missing", name);
    return read_int(rq, "request.header", name, text, min, INT64_MAX, out);
}

void
request_problem(struct request *rq, const char *name, json_t *value)
{
    if (rq->problem == NULL)
        rq->problem = json_object();
    if (json_object_set_new(rq->problem, name, value) != 0)
        err_nomem(&rq->err);
}

void
request_clear(struct request *rq)
{
    buf_clear(&rq->body);
    json_decref(rq->json);
    json_decref(rq->problem);
    rq->json = rq->problem = NULL;
}
