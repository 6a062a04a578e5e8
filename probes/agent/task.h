/* SPDX-License-Identifier: MIT */
/*
 * task.h -- what a task sees of the world: a folder (../README.md).
 *
 * A task runs alone, in one thread, in a child process of its agent.  It
 * reads blobs from the folder, writes parts and files into it, reports
 * progress, and ends with a result or a failure.  It knows no network: the
 * agent carries everything.  The path of a chosen ONNX Runtime is in the
 * environment (OFFRAMP_RUNTIME).
 *
 * A program lists its kinds, each defined in a file of its own:
 *
 *     static enum status
 *     run(struct task *t, json_t **result, struct err *err) { .. }
 *
 *     const struct task_kind task_profile = {
 *         .name = "profile", .run = run, .blame = TASK_DEVICE,
 *     };
 */
#ifndef OFFRAMP_AGENT_TASK_H
#define OFFRAMP_AGENT_TASK_H

#include <limits.h>
#include <stdbool.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/status.h"

/* Whose fault a failure is; it decides how the server tries again. */
#define TASK_CLASS_MAP(X)                                                      \
    X(TASK_INFRA, "infra")     /* network, disk, the agent itself */           \
    X(TASK_DEVICE, "device")   /* the board */                                 \
    X(TASK_MODEL, "model")     /* the model cannot be used */                  \
    X(TASK_MEASURE, "measure") /* the numbers are not good enough */           \
    X(TASK_USER, "user")       /* the request or a file of the user */

enum task_class {
#define X(name, text) name,
    TASK_CLASS_MAP(X)
#undef X
};

const char *task_class_name(enum task_class c);

/* The class that the first word of a dotted code stands for: "device.hung"
 * is TASK_DEVICE; data sets, records and costs are the user's; any other
 * word is TASK_INFRA. */
enum task_class task_class_of(const char *code);

/* A file of this name in the folder says that the task is to end soon. */
#define TASK_ENDING "ending"

struct task {
    const char *dir;          /* borrowed: the folder, no slash at its end */
    const json_t *lease;      /* borrowed: task.json as the server gave it */
    const json_t *payload;    /* borrowed: lease.payload, always an object */
    const char *kind;         /* borrowed: lease.kind */
    struct task_state *state; /* private to task.c */
};

/*
 * One kind of task.  `run` turns the folder into a result: on ST_OK *result
 * is an object that the caller owns.  Any other status is a failure: the one
 * set with task_fail(), or else made from `err`: its code and text, the class
 * from task_class_of(), and out of memory as `{blame}.out_of_memory`.
 */
struct task_kind {
    const char *name;
    enum status (*run)(struct task *t, json_t **result, struct err *err);
    enum task_class blame; /* who is to blame if the child dies or hangs */
    bool (*offered)(
        void); /* MAY: false: not by this agent, as it was started */
};

/* Say how far the task is.  May be called often: lines that come within
 * 100 ms of the last one are left out, unless the phase is new or complete.
 * `phase` is a word; `detail` a short text or NULL. */
void task_progress(struct task *t, const char *phase, int64_t done,
    int64_t total, const char *detail);

/* Is it to end soon, with what it has?  The result is taken all the same. */
bool task_is_ending(const struct task *t);

/* Hand over a part of the result (numbered from 0 in the order of calls);
 * the agent sends it while the task goes on.  `part` is borrowed. */
enum status task_part(
    struct task *t, const json_t *part, struct err *err) MUST_CHECK;

/* Hand over bytes as a file of the result; `hex` gets the name by which the
 * result can refer to it.  Equal bytes are kept once. */
enum status task_out(struct task *t, const void *data, size_t len,
    char hex[HASH_HEX], struct err *err) MUST_CHECK;

/* The same for a finished file inside the task's folder, which is moved. */
enum status task_out_file(struct task *t, const char *path, char hex[HASH_HEX],
    struct err *err) MUST_CHECK;

/* The path of an input blob; ST_NOT_FOUND (code "infra.blob_missing") if the
 * lease did not bring it. */
enum status task_blob_path(const struct task *t, const char *hex,
    char path[PATH_MAX], struct err *err) MUST_CHECK;

/*
 * Record why the task failed; the first call wins.  `nodes` is an array of
 * node names, borrowed, or NULL; the format makes the detail: what is wrong
 * and what to do.  Returns ST_UNPROCESSABLE, so that it can be returned.
 */
enum status task_fail(struct task *t, enum task_class c, const char *code,
    const json_t *nodes, const char *fmt, ...) PRINTF_LIKE(5, 6);

/*
 * Run the task in folder `dir`: find its kind in `kinds` (ended by NULL), run
 * it, write DIR/result.json.  Progress goes to `progress_fd` as one JSON
 * object a line (-1: nowhere).  ST_OK if a result was written, be it done or
 * failed.
 */
enum status agent_run_task(const struct task_kind *const *kinds,
    const char *dir, int progress_fd, struct err *err) MUST_CHECK;

#endif
