/* SPDX-License-Identifier: MIT */
/*
 * auth.h -- who may call what: a loopback Host and Origin without tokens,
 * bearer tokens with scopes otherwise.  Any thread.
 */
#ifndef OFFRAMP_SERVER_AUTH_H
#define OFFRAMP_SERVER_AUTH_H

#include "server/http.h"

/* Random bytes of a token; it is shown as "offramp_" and their hex. */
enum { AUTH_TOKEN_BYTES = 32, AUTH_TOKEN_TEXT = 8 + 2 * AUTH_TOKEN_BYTES + 1 };

/* Make a token's text. */
void auth_token_make(char out[AUTH_TOKEN_TEXT]);

/* Read "read submit agent:bench-1" (commas are spaces) into out->scopes and
 * out->agent.  ST_INVALID "auth.scope" names the bad word. */
enum status auth_scopes_read(
    const char *text, struct identity *out, struct err *err) MUST_CHECK;

/* May this request have its route?  Fills rq->who.  ST_FORBIDDEN "auth.host"
 * or "auth.origin" (the rules for loopback), ST_UNAUTHORIZED "auth.required"
 * or "auth.token", ST_FORBIDDEN "auth.scope". */
enum status auth_check(struct request *rq) MUST_CHECK;

/* May the caller speak for this agent?  ST_FORBIDDEN "auth.agent". */
enum status auth_agent(struct request *rq, const char *agent) MUST_CHECK;

/* Names of agents, devices and tokens: 1 to 63 of [A-Za-z0-9._-], so that
 * they can stand in a path and in a list of scopes. */
bool auth_name_valid(const char *name);

#endif
