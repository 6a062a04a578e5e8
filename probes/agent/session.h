/* SPDX-License-Identifier: MIT */
/*
 * session.h -- who the agent is to the server: the session it opens, and the
 * leases it asks for in it.  One thread.
 */
#ifndef OFFRAMP_AGENT_SESSION_H
#define OFFRAMP_AGENT_SESSION_H

#include "base/rest.h"
#include "probes/agent/config.h"

struct session {
    char id[80]; /* empty: none */
    double heartbeat_s, poll_s;
};

/* Open one; the agent's old one is void after.  Fails as rest_do(), or with
 * the server's refusal. */
enum status session_open(struct session *s, const struct agent_config *c,
    struct rest *rest, struct err *err) MUST_CHECK;

/* Ask for a task, waiting for up to poll_s.  On ST_OK *lease is owned.
 * ST_WAIT: nothing to do; ST_GONE: the session is over, and `s` empty. */
enum status session_lease(struct session *s, const struct agent_config *c,
    struct rest *rest, json_t **lease, struct err *err) MUST_CHECK;

/* A clean end, as well as it can be told. */
void session_close(struct session *s, struct rest *rest);

#endif
