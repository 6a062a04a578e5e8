/* SPDX-License-Identifier: MIT */
/*
 * spawn.h -- the workers that offrampd starts itself, each with a thread that
 * starts it again when it ends.  They run in process groups of their own and
 * are told to end when the server dies.
 */
#ifndef OFFRAMP_SERVER_SPAWN_H
#define OFFRAMP_SERVER_SPAWN_H

#include "base/status.h"

struct spawn; /* opaque: see spawn.c */
struct server;

enum { SPAWN_MAX = 16 };

/* Prepare `n` workers local-worker-1.. and have the server trust their
 * tokens; call before listening.  Their spool folders are below
 * "`db_path`.workers".  ST_NOT_FOUND "spawn.no_worker" where offramp-worker
 * is neither beside this program nor in PATH.  On ST_OK the caller ends *out
 * with spawn_stop(). */
enum status spawn_new(struct spawn **out, struct server *server, int n,
    struct err *err) MUST_CHECK;

/* Start them against a server that listens at `url`. */
enum status spawn_start(
    struct spawn *s, const char *url, struct err *err) MUST_CHECK;

/* End them (SIGTERM, and after a few seconds SIGKILL) and free.  NULL is
 * ignored. */
void spawn_stop(struct spawn *s);

#endif
