/* SPDX-License-Identifier: MIT */
/* lock.h -- one offrampd a store: a lock file beside it.  The system lets go
 * of the lock when the process ends, however it ends. */
#ifndef OFFRAMP_SERVER_LOCK_H
#define OFFRAMP_SERVER_LOCK_H

#include "base/status.h"

/* Lock "`db_path`.lock" until the process ends; *fd is kept open until then.
 * ST_UNAVAILABLE "server.locked" names the process that has it. */
enum status lock_store(
    const char *db_path, int *fd, struct err *err) MUST_CHECK;

#endif
