/* SPDX-License-Identifier: MIT */
/*
 * http.h -- a request and its reply, between libmicrohttpd (mhd.c) and the
 * handlers (api_*.c).  Knows neither sockets nor SQL, so tests call it without
 * a socket.
 *
 * A handler unpacks the request, makes one or two db_* calls and fills the
 * reply; any status but ST_OK becomes a problem document made from rq->err.
 * It runs on one of a few HTTP threads and must not block.  To wait for a
 * change it returns ST_WAIT ("nothing yet"): the request is put aside, holding
 * neither thread nor connection to the store, and the handler is called again
 * with the same request after a bell (server_ring()) or when the time of
 * `?wait=` is over.
 *
 * Everything in a request is borrowed for the call unless it says otherwise.
 */
#ifndef OFFRAMP_SERVER_HTTP_H
#define OFFRAMP_SERVER_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/status.h"
#include "db/db.h"

struct server; /* server.h */
struct route;

/* Scopes of a token, as a set.  SCOPE_SUBMIT is never without SCOPE_READ. */
enum scope {
    SCOPE_ANYONE = 0, /* in a route: no token needed */
    SCOPE_READ = 1,
    SCOPE_SUBMIT = 2,
    SCOPE_AGENT = 4,
    SCOPE_ADMIN = 8,
};

/* Who asks.  Without tokens (loopback): the owner "" with every scope. */
struct identity {
    char owner[64]; /* name of the token */
    char agent[64]; /* with SCOPE_AGENT: the one agent it may speak for */
    unsigned scopes;
};

/* What an agent would take: work of these kinds (KIND_BIT()), for one of the
 * devices (names; of the request's body), or without any a worker's. */
struct work_ask {
    unsigned kinds;
    const json_t *devices;
};

enum { REQUEST_ARGS = 2, REQUEST_PAIRS = 48, REQUEST_ID = 65 };

struct pair {
    const char *name, *value;
};

struct request {
    /* Set by who calls http_begin(). */
    struct server *server;
    const char *method, *path; /* decoded, without the query */
    struct pair query[REQUEST_PAIRS], header[REQUEST_PAIRS];
    size_t n_query, n_header;
    /* Set by who calls http_dispatch(). */
    struct db *db;       /* this call's connection to the store */
    struct buf body;     /* the exact bytes of a JSON body */
    const char *file;    /* path of a streamed body (CSV, FILE); a handler that
                            takes the file leaves nothing there */
    bool for_work;       /* it waits for a task, not for news of one: */
    struct work_ask ask; /* this is what it would take */
    bool wait_expired;   /* no (more) waiting: answer with what there is */
    int64_t now_ms;
    /* Set by http_begin(). */
    const struct route *route;
    const char *arg[REQUEST_ARGS]; /* what matched {..} in the pattern */
    int64_t wait_ms;               /* `?wait=`; 0: do not wait */
    struct identity who;
    char id[REQUEST_ID]; /* X-Request-Id, sent back */
    bool json_body;      /* a JSON body comes: collect it in `body` */
    bool file_body;      /* a file comes: stream it to `file` */
    /* Set by http_dispatch(). */
    json_t *json; /* the parsed body; NULL without one */
    /* The handler's own. */
    int64_t memo; /* kept from call to call while it waits; 0 at first */
    struct err err;
    json_t *problem;    /* more members of the problem; request_problem() */
    char arg_text[512]; /* what arg[] points into */
};

struct reply {
    int status;
    char type[96];
    json_t *json;      /* owned; or: */
    char *data;        /* owned; or: */
    const void *fixed; /* borrowed for ever; or: */
    int fd;            /* owned; -1: none */
    size_t len;        /* of data, fixed or fd */
    struct {
        char name[32], value[160];
    } header[6];
    size_t n_header;
};

typedef enum status handler_fn(struct request *rq, struct reply *rp);

enum body_kind {
    BODY_NONE = 0,
    BODY_JSON = 1, /* rq->json and rq->body; up to the route's cap */
    BODY_CSV = 2,  /* text/csv, streamed to rq->file */
    BODY_FILE = 4, /* any type, streamed to rq->file */
};

/* One row of the HTTP surface (routes.c).  `{name}` in a pattern matches one
 * or more characters that are neither '/' nor ':'. */
struct route {
    const char *method, *pattern;
    handler_fn *fn;
    unsigned scopes;   /* any one of these is enough; SCOPE_ADMIN always is */
    unsigned body;     /* set of body_kind */
    size_t body_cap;   /* bytes of a JSON body; files have --max-blob */
    const char *query; /* names it takes, space-separated; others are 400.
                          "wait" makes it a long poll */
};
extern const struct route routes[]; /* ended by a NULL method */

/* ---- what handlers call -------------------------------------------- */

/* Argument `i` of the path as a positive integer.  ST_NOT_FOUND where it is
 * well-formed but too large, ST_INVALID "request.id" else. */
enum status request_id(struct request *rq, size_t i, int64_t *id) MUST_CHECK;

/* Argument `i` as an integer within min..max.  ST_INVALID "request.id". */
enum status request_int(struct request *rq, size_t i, int64_t min, int64_t max,
    int64_t *out) MUST_CHECK;

/* Argument `i` as 64 lower-case hex digits.  ST_INVALID "request.id". */
enum status request_hash(
    struct request *rq, size_t i, const char **hex) MUST_CHECK;

/* A query value or a header; NULL where absent (names of headers in any
 * case). */
const char *request_query(const struct request *rq, const char *name);
const char *request_header(const struct request *rq, const char *name);

/* A query value as an integer within min..max; absent keeps *out.
 * ST_INVALID "request.query" names it. */
enum status request_query_int(struct request *rq, const char *name, int64_t min,
    int64_t max, int64_t *out) MUST_CHECK;

/* ?cursor= and ?limit= (default 50, at most 500). */
enum status request_page(struct request *rq, struct page *page) MUST_CHECK;

/* A header that must be there, as an integer from `min` on.  ST_INVALID
 * "request.header" names it. */
enum status request_header_int(
    struct request *rq, const char *name, int64_t min, int64_t *out) MUST_CHECK;

/* One more member for the problem document, should the call fail; steals
 * `value`. */
void request_problem(struct request *rq, const char *name, json_t *value);

/* Replies.  All return ST_OK, or ST_NOMEM where what they are given is NULL
 * (so that `return reply_json(rp, 200, make())` is right). */
enum status reply_json(struct reply *rp, int status, json_t *json); /* steals */
enum status reply_text(struct reply *rp, int status, const char *type,
    char *text); /* steals malloc()ed, NUL-terminated */
enum status reply_data(struct reply *rp, int status, const char *type,
    char *data, size_t len); /* steals malloc()ed */
enum status reply_fixed(struct reply *rp, int status, const char *type,
    const void *data, size_t len); /* borrowed for ever */
enum status reply_file(struct reply *rp, int status, const char *type, int fd,
    int64_t size); /* steals fd */
enum status reply_empty(struct reply *rp, int status);

/* {"items": steals, "next": cursor or null (where `next` is 0)}. */
enum status reply_list(struct reply *rp, json_t *items, int64_t next);

/* Add a header; more than fit, or longer than fits, is our bug. */
void reply_header(struct reply *rp, const char *name, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Set ETag (`tag` without quotes).  True where If-None-Match has it: the
 * reply is then 304 and the handler returns ST_OK. */
bool reply_not_modified(struct request *rq, struct reply *rp, const char *tag);

/* ---- what mhd.c and tests call ------------------------------------- */

void reply_init(struct reply *rp);
void reply_clear(struct reply *rp);

/* Free what the request owns (body, json, problem).  May be called twice. */
void request_clear(struct request *rq);

/* As soon as the headers are known: find the route, check Host, Origin,
 * token, scope, content type and length.  Needs rq->db.  True: collect the
 * body (`*cap` bytes at most) and call http_dispatch().  False: *rp is the
 * answer. */
bool http_begin(struct request *rq, struct reply *rp, int64_t *cap);

/* Run the handler.  True: *rp is the answer, whatever happened.  False: wait
 * (rq->wait_ms from its first call), then call again. */
bool http_dispatch(struct request *rq, struct reply *rp);

/* The answer to a body over `cap`. */
void http_too_large(struct request *rq, struct reply *rp, int64_t cap);

/* The answer where `st` and rq->err say what failed (mhd.c's own failures). */
void http_problem(struct request *rq, struct reply *rp, enum status st);

/* Headers that every answer carries, ended by a NULL name. */
extern const struct pair http_headers[];

#endif
