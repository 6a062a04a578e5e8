/* SPDX-License-Identifier: MIT */
/*
 * folder.h -- the agent's side of a task folder, SPOOL/tasks/{lease}-{epoch}.
 *
 * The folder is the whole memory of a lease: with a result.json it is finished
 * and waits to be sent, without one it is unfinished.  It is removed once the
 * server has answered, so what is there at a start is what is still owed.
 */
#ifndef OFFRAMP_AGENT_FOLDER_H
#define OFFRAMP_AGENT_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"
#include "probes/agent/task.h"

enum { FOLDER_PATH = PATH_MAX - 160 }; /* leaves room for names inside */

struct folder {
    char path[FOLDER_PATH];
    int64_t lease, epoch;
    char kind[32];
    double deadline_s;
    json_t *doc; /* owned: task.json */
};

/* Make the folder of a lease just got (borrowed).  ST_INVALID where the lease
 * makes no sense. */
enum status folder_make(struct folder *f, const char *spool,
    const json_t *lease, struct err *err) MUST_CHECK;

/* Read an existing one. */
enum status folder_open(
    struct folder *f, const char *path, struct err *err) MUST_CHECK;

void folder_clear(struct folder *f);

/* Remove one with all in it.  A task may have made what cannot be removed
 * (too deep, without permissions): that is put aside under a name that
 * folder_each() leaves out, so that it stands in nobody's way. */
enum status folder_remove(const char *path, struct err *err) MUST_CHECK;

/* Call `fn` with the path of every task folder; stops at a status other than
 * ST_OK and returns it. */
typedef enum status folder_fn(void *ctx, const char *path, struct err *err);
enum status folder_each(
    const char *spool, folder_fn *fn, void *ctx, struct err *err) MUST_CHECK;

/* "PATH/name". */
void folder_path(const struct folder *f, const char *name, char out[PATH_MAX]);

/* Is there a result.json that can be sent? */
bool folder_finished(const struct folder *f);

/* Write (or replace) result.json with a failure. */
enum status folder_fail(const struct folder *f, enum task_class c,
    const char *code, const char *detail, struct err *err) MUST_CHECK;

/* The last lines of DIR/log as one line of plain characters. */
void folder_log_tail(const struct folder *f, char *out, size_t cap);

#endif
