/* SPDX-License-Identifier: MIT */
/*
 * client.h -- the connection of a verb: where the server is, which token,
 * and calls that answer with JSON or with an error to print.
 */
#ifndef OFFRAMP_CLI_CLIENT_H
#define OFFRAMP_CLI_CLIENT_H

#include <stdbool.h>

#include "base/json.h"
#include "base/opt.h"
#include "base/rest.h"

struct client {
    const char *server, *token; /* as given; borrowed */
    bool json;                  /* print documents instead of tables */
    struct rest *rest;          /* owned once open */
    json_t *config;             /* owned: ~/.config/offramp */
};

/* The options that every verb with a connection has. */
#define CLIENT_OPTS(c)                                                         \
    { "server", 's', OPT_STR, &(c).server, "URL",                              \
        "the server (default http://127.0.0.1:8080)", "OFFRAMP_SERVER", 0,     \
        0 },                                                                   \
        { "token", 0, OPT_STR, &(c).token, "TOKEN",                            \
            "bearer token (default none)", "OFFRAMP_TOKEN", 0, 0 },            \
    {                                                                          \
        "json", 'j', OPT_FLAG, &(c).json, NULL, "print JSON", NULL, 0, 0       \
    }

/* Read the configuration file where options say nothing, and connect. */
enum status client_open(struct client *c, struct err *err) MUST_CHECK;
void client_close(struct client *c);

/*
 * One call that must succeed.  `body` is borrowed, may be NULL.  *out is the
 * answer's JSON, owned by the caller (NULL for 304 and empty answers).
 */
enum status client_call(struct client *c, const char *method, const char *path,
    const json_t *body, json_t **out, struct err *err) MUST_CHECK;

/* Upload a file unless the server has it; its digest goes to `hex`. */
enum status client_upload(
    struct client *c, const char *path, char *hex, struct err *err) MUST_CHECK;

/* Print a document as indented JSON on standard output. */
void client_print(const json_t *o);

#endif
