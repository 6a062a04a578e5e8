/* SPDX-License-Identifier: MIT */
/*
 * call.h -- the service without a socket: a server on a store of its own, and
 * calls that go through the dispatcher as mhd.c would send them.  Helpers
 * assert: a failure ends the test.
 */
#ifndef OFFRAMP_TEST_SERVER_CALL_H
#define OFFRAMP_TEST_SERVER_CALL_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/http.h"
#include "server/server.h"

struct service {
    char dir[64], path[96]; /* of the SQLite file */
    struct server *server;
    struct db *db;  /* one more connection, for tests */
    int64_t now_ms; /* what calls see as the time; moves only by hand */
};

/* cmocka's setup and teardown: *state is the struct service. */
int service_setup(void **state);
int service_setup_auth(void **state); /* asks for tokens */
int service_teardown(void **state);

/* Zero what is not needed. */
struct ask {
    const char *method, *url; /* "/v1/models?limit=2", nothing escaped */
    const char *body;         /* NULL: none */
    size_t len;               /* of `body`; 0: up to its NUL */
    const char *type;         /* NULL: application/json */
    struct pair headers[6];   /* besides Host and those of the body */
    bool waits;               /* the time of ?wait= is not over */
};

/* What came back, as the client sees it; end it with answer_clear(). */
struct answer {
    int status;   /* 0: it waits */
    json_t *json; /* owned; NULL where the body is not JSON */
    char *body;   /* owned; NULL where it is JSON */
    struct reply reply;
};

struct answer call_ask(struct service *s, const struct ask *ask);
void answer_clear(struct answer *a);

/* A call with a JSON body (NULL: none) that must have this status; the body
 * of the answer, which the caller decrefs (NULL where it has none). */
json_t *call(struct service *s, int status, const char *method, const char *url,
    const char *body);

/* A call that must fail so; its code must be `code`. */
void call_fails(struct service *s, int status, const char *code,
    const char *method, const char *url, const char *body);

/* The value of a header of an answer, or NULL. */
const char *answer_header(const struct answer *a, const char *name);

/* PUT a blob; its name goes to `hex` (65 bytes). */
void call_blob(struct service *s, const void *data, size_t len, char *hex);

#endif
