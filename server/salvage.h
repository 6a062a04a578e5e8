/* SPDX-License-Identifier: MIT */
/*
 * salvage.h -- what was measured before a task finally failed becomes a
 * profile flagged `partial`, made from the parts of the attempt that got
 * furthest.  The task stays failed.
 *
 * One connection to the store, any thread.
 */
#ifndef OFFRAMP_SERVER_SALVAGE_H
#define OFFRAMP_SERVER_SALVAGE_H

#include "db/queue.h"

/* Look after the profile tasks that failed in the last hour; those that have
 * a profile already, or parts that make none, are left as they are.  Call it
 * after something failed. */
enum status salvage_failed(
    struct db *db, int64_t now_ms, struct err *err) MUST_CHECK;

#endif
