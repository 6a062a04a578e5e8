/* SPDX-License-Identifier: MIT */
/*
 * work.h -- queued tasks as those see them who wake agents for them: which
 * ones are new, and who may take each.
 *
 * A connection remembers what was queued through it, wherever in the store's
 * code that was, so that no caller has to know what a change of its own put
 * into the queue.  As all of db, one connection is one thread's.
 */
#ifndef OFFRAMP_DB_WORK_H
#define OFFRAMP_DB_WORK_H

#include <stdbool.h>
#include <stddef.h>

#include "db/db.h"
#include "db/word.h"

enum { DB_WORK_MAX = 256 };

/* What was queued through this connection since the last call, `*n` tasks in
 * `ids`; some may be gone again, or were never committed.  False: there were
 * more than are remembered, and none is told. */
bool db_work_news(struct db *db, int64_t ids[DB_WORK_MAX], size_t *n);

/* Tasks that wait now, by id, from the one after `after` on. */
enum status db_work_list(struct db *db, int64_t after, int64_t now_ms,
    int64_t ids[DB_WORK_MAX], size_t *n, struct err *err) MUST_CHECK;

/* Who may take a task. */
struct work {
    enum task_kind kind;
    bool for_worker; /* an agent without devices; else one of these: */
    char **devices;  /* owned; in service, by name (strcmp) */
    size_t n_devices;
};

/* ST_NOT_FOUND where the task does not wait, or rests until later.  The caller
 * ends *out with work_clear(). */
enum status db_work_get(struct db *db, int64_t task, int64_t now_ms,
    struct work *out, struct err *err) MUST_CHECK;
void work_clear(struct work *w);

#endif
