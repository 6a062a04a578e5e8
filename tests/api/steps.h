/* SPDX-License-Identifier: MIT */
/*
 * steps.h -- run the steps of a case against the handlers, on a store of its
 * own and with a clock that stands still.
 *
 * A case is {"about": "..", "steps": [..]}; a step is one of
 *   {"call": "POST /v1/jobs?wait=5", "headers": {}, and as body "json": any,
 *    "raw": "text" or "repeat": {"text", "times"} with its "type",
 *    "status": 201, "body": what the answer must hold (match.h), "absent":
 *    ["/pointer"], "text_has": [".."], "reply_headers": {}, "save": {"name":
 *    "/pointer"}, "meanwhile": [steps while the call waits]}
 *   {"use": "probe"}       the steps of setup/probe.json, once a case
 *   {"blobs": {"name": "text"}}   files in the store; saves their digests
 *   {"advance_s": 40}      the clock moves, and the sweeper comes by
 * Strings are expanded first (value.h).
 */
#ifndef OFFRAMP_TESTS_API_STEPS_H
#define OFFRAMP_TESTS_API_STEPS_H

#include "server/server.h"

#include "call.h"

struct world;

/* Make and send a call (call.h). */
typedef bool start_fn(struct world *w, struct call *c, const char *request,
    const json_t *headers, const struct call_body *body);

struct world {
    char dir[64];
    char db_path[96];
    struct server *server;
    struct db *db;
    int64_t now_ms;  /* stands still unless a step moves it */
    json_t *vars;    /* what steps saved */
    json_t *used;    /* set-ups that have run */
    start_fn *start; /* how calls are made */
    bool over;       /* set by it: no more steps, nor looks at answers */
};

void world_open(struct world *w);
void world_close(struct world *w);

/* Run an array of steps; a mismatch fails the test with `name` and number. */
void steps_run(struct world *w, const char *name, const json_t *steps);

#endif
