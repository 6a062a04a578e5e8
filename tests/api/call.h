/* SPDX-License-Identifier: MIT */
/*
 * call.h -- one request to the handlers as libmicrohttpd would make it, but
 * without a socket.  A call that waits is asked again with call_again().
 */
#ifndef OFFRAMP_TESTS_API_CALL_H
#define OFFRAMP_TESTS_API_CALL_H

#include "server/http.h"
#include "server/server.h"

struct call {
    struct request rq;
    struct reply rp;
    char *method, *target; /* owned: what rq.method, path, query point to */
    char file[512];        /* a streamed body */
    json_t *headers;       /* owned */
    bool begun;            /* the request got as far as its handler */
};

struct call_body {
    const char *data; /* NULL: no body */
    size_t len;
    const char *type;
};

/* Make "POST /v1/jobs?wait=5" ready to be sent. */
void call_make(struct call *c, struct server *server, struct db *db,
    const char *request, const json_t *headers, const struct call_body *body,
    int64_t now_ms);

/* Send it.  True: answered, see c->rp; false: waits. */
bool call_send(struct call *c, const struct call_body *body);

/* Ask again: something may have changed, or (`expired`) the time is over. */
bool call_again(struct call *c, int64_t now_ms, bool expired);

/* The whole answer as text; the caller frees. */
char *call_text(const struct call *c);

void call_end(struct call *c);

#endif
