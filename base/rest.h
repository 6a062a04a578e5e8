/* SPDX-License-Identifier: MIT */
/*
 * rest.h -- the client side of the REST API (libcurl): one call, one answer.
 *
 * A `struct rest` is one connection that is kept open and belongs to one
 * thread.  Transport failures are ST_UNAVAILABLE (server not reached, code
 * "client.unreachable") or ST_TIMEOUT; an answer of any HTTP status is ST_OK
 * and is judged by its caller, who may turn it into an error with
 * rest_expect().
 */
#ifndef OFFRAMP_BASE_REST_H
#define OFFRAMP_BASE_REST_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"

struct rest; /* opaque: see rest.c */

/* Where to call.  `url` is "http://127.0.0.1:8080" with or without a slash
 * at its end; `token` may be NULL.  Both are copied.  On ST_OK the caller
 * ends *out with rest_close(). */
enum status rest_open(struct rest **out, const char *url, const char *token,
    struct err *err) MUST_CHECK;
void rest_close(struct rest *r);

/* One call.  Zero everything that is not needed. */
struct rest_call {
    const char *method; /* "GET" */
    const char *path;   /* "/v1/jobs/7?wait=50" */
    const json_t *json; /* borrowed: sent as application/json */
    const char *file;   /* path of a file sent as the body instead */
    int64_t file_max;   /* its size at most; 0: any */
    const char *type;   /* content type of `file`; NULL: octet-stream */
    const char *header; /* one more header line, "Lease-Epoch: 3", or NULL */
    const char *save;   /* path: the body of a 200 is written there */
    int timeout_s;      /* 0: 30 */
    const atomic_bool *stop; /* ends early (ST_CANCELLED) once it is true */
};

struct rest_answer {
    int http;
    json_t *json; /* owned; NULL where the body is not JSON */
    char *body;   /* owned; NUL-terminated; NULL where saved */
    size_t len;
};

/* ST_UNPROCESSABLE "client.file" where `file` cannot be sent: absent, no
 * regular file, over file_max. */
enum status rest_do(struct rest *r, const struct rest_call *call,
    struct rest_answer *out, struct err *err) MUST_CHECK;
void rest_answer_clear(struct rest_answer *a);

/* ST_OK for 2xx; otherwise the problem document's code and detail as an
 * error with the nearest status. */
enum status rest_expect(
    const struct rest_answer *a, struct err *err) MUST_CHECK;

/* Percent-encode one path segment or query value; caller frees. */
char *rest_escape(const char *text);

#endif
