/* SPDX-License-Identifier: MIT */
/* api_agent.h -- what the handlers of agents' calls share. */
#ifndef OFFRAMP_SERVER_API_AGENT_H
#define OFFRAMP_SERVER_API_AGENT_H

#include "server/http.h"

/* Devices of one agent. */
enum { AGENT_DEVICES_MAX = 64 };

/* The session in the path exists and is the caller's.  ST_NOT_FOUND;
 * ST_FORBIDDEN "auth.agent". */
enum status agent_session_check(struct request *rq) MUST_CHECK;

/* The same, and the kinds of tasks that it does. */
enum status agent_session_kinds(struct request *rq, unsigned *kinds) MUST_CHECK;

#endif
