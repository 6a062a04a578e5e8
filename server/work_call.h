/* SPDX-License-Identifier: MIT */
/*
 * work_call.h -- who is called when there is work: of the agents that wait in
 * a long poll, for each new task one that could take it.  A thousand agents
 * that could not are left alone.
 *
 * An agent that was called and did not take the task passes it on
 * (work_pass_on()); should a call be lost all the same, work_remind() makes it
 * good.  Any thread, with a connection to the store of its own.
 */
#ifndef OFFRAMP_SERVER_WORK_CALL_H
#define OFFRAMP_SERVER_WORK_CALL_H

#include "db/db.h"
#include "server/http.h"
#include "server/wait.h"

/* Something was committed with rq->db that a long poll may be waiting for:
 * wake who watches, and call agents for the tasks it queued.  Where devices or
 * sessions changed, which decides who may take what, server_ring() instead. */
void work_announce(const struct request *rq);

/* Where `w` was woken for a task that still waits: call another agent for it,
 * if there is a try left.  `db` NULL: a connection is borrowed. */
void work_pass_on(struct server *s, struct db *db, struct waiter *w);

/* Call agents for what waits already: tasks that rested and are due, calls
 * that nobody answered.  Those who hung up are let go.  *after is where to go
 * on the next time, 0 at first. Every few seconds. */
void work_remind(struct server *s, struct db *db, int64_t *after);

#endif
