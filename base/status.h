/* SPDX-License-Identifier: MIT */
/*
 * status.h -- the outcomes a function can have, and the text of the first one
 * that went wrong.
 *
 * Every function that can fail returns `enum status` and takes a
 * caller-owned `struct err *` (NULL = not interested).  The lowest layer
 * writes the text; callers propagate and only translate where the meaning
 * changes.  Out of memory is an ordinary failure.
 */
#ifndef OFFRAMP_BASE_STATUS_H
#define OFFRAMP_BASE_STATUS_H

#define MUST_CHECK             __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* One row per outcome: name, HTTP status, default code, title. */
#define STATUS_MAP(X)                                                          \
    X(ST_OK, 200, "ok", "Success")                                             \
    X(ST_INVALID, 400, "request.malformed", "The request is malformed")        \
    X(ST_UNAUTHORIZED, 401, "auth.required", "A valid token is required")      \
    X(ST_FORBIDDEN, 403, "auth.forbidden", "Not allowed")                      \
    X(ST_NOT_FOUND, 404, "request.not_found", "No such resource")              \
    X(ST_METHOD, 405, "request.method", "Method not allowed here")             \
    X(ST_CONFLICT, 409, "request.conflict", "In conflict with the state")      \
    X(ST_GONE, 410, "lease.expired", "The lease or session has ended")         \
    X(ST_TOO_LARGE, 413, "request.too_large", "The body is too large")         \
    X(ST_TYPE, 415, "request.media_type", "Unsupported media type")            \
    X(ST_UNPROCESSABLE, 422, "request.unprocessable",                          \
        "Well-formed, but the content cannot be used")                         \
    X(ST_TOO_MANY, 429, "request.too_many", "Too many requests")               \
    X(ST_NOMEM, 500, "server.out_of_memory", "Out of memory")                  \
    X(ST_IO, 500, "server.io", "Input or output failed")                       \
    X(ST_FULL, 507, "server.full", "No room left to store this")               \
    X(ST_READ_ONLY, 507, "server.read_only", "The store may only be read")     \
    X(ST_CORRUPT, 500, "server.corrupt", "Stored data is damaged")             \
    X(ST_INTERNAL, 500, "server.internal", "Internal error")                   \
    X(ST_BUSY, 503, "server.busy", "Busy, try again")                          \
    X(ST_UNAVAILABLE, 503, "server.unavailable", "Not available here")         \
    X(ST_TIMEOUT, 504, "server.timeout", "Took too long")                      \
    X(ST_CANCELLED, 409, "user.cancelled", "Cancelled")                        \
    X(ST_WAIT, 204, "request.wait", "Nothing yet")

enum status {
#define X(name, http, code, title) name,
    STATUS_MAP(X)
#undef X
};

/* HTTP status, dotted code and human title of an outcome. */
int status_http(enum status st);
const char *status_code(enum status st);
const char *status_title(enum status st);

/*
 * What went wrong first.  Start as {0}.  `code` is dotted and stable
 * (`model.unsupported_op`); `text` is one impersonal line that says what to
 * do next where that is not obvious.
 */
struct err {
    enum status status;
    char code[48];
    char text[512];
};

/* Record a failure and return `st`.  `code` NULL means the row's default.
 * The first writer wins; `err` may be NULL. */
enum status err_set(struct err *err, enum status st, const char *code,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Out of memory: err_set(err, ST_NOMEM, NULL, "out of memory"). */
enum status err_nomem(struct err *err);

/* A failed system call: the text is `what: strerror(errno)`; ST_NOMEM, ST_FULL
 * or ST_READ_ONLY where errno says so, else ST_IO. */
enum status err_errno(struct err *err, const char *what);

/* That outcome of an errno, without a text. */
enum status status_of_errno(int e);

/* Forget what was recorded, so that the struct can be used again. */
void err_clear(struct err *err);

#endif
