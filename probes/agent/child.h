/* SPDX-License-Identifier: MIT */
/*
 * child.h -- a task's process: started, watched, ended.
 *
 * The child is this program again (`run-task DIR`) in a process group of its
 * own, with limits, standard error in DIR/log, and a pipe for progress.  It
 * dies with the agent.  All calls come from one thread, which must be the one
 * that lives as long as the agent.
 */
#ifndef OFFRAMP_AGENT_CHILD_H
#define OFFRAMP_AGENT_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"
#include "probes/agent/folder.h"
#include "probes/agent/stop.h"

/* Why the agent ended a child; CHILD_LET: it ended by itself. */
enum child_why { CHILD_LET, CHILD_CANCELLED, CHILD_DEADLINE, CHILD_STOPPED };

struct child_watch {
    int64_t deadline_ns;  /* clock_ns() at which it is killed */
    int64_t memory_bytes; /* address space; 0: no limit */
    int64_t cpu_s;        /* processor time */
    const struct stop *stop;
    int bell_fd; /* when readable, cancelled() is asked */
    bool (*cancelled)(void *ctx);
    void (*progress)(void *ctx, const char *line); /* one line, no newline */
    void (*part)(void *ctx); /* something appeared in DIR/parts */
    void *ctx;
};

struct child_end {
    enum child_why why;
    int wait_status; /* as waitpid() gives it */
};

/* Run the task in folder `f` to its end.  ST_IO where it cannot start. */
enum status child_run(const struct folder *f, const struct child_watch *w,
    struct child_end *out, struct err *err) MUST_CHECK;

/*
 * Make sure that the folder has a result.json: where the child left none (or
 * one that cannot be read), the failure that its end stands for, blamed on
 * `blame`.  Not for CHILD_CANCELLED and CHILD_STOPPED, which owe none.
 */
enum status child_verdict(const struct folder *f, const struct child_end *end,
    enum task_class blame, struct err *err) MUST_CHECK;

/* This program's own answer to `verb` on standard output, parsed.  ST_IO,
 * ST_TIMEOUT. */
enum status child_ask(
    const char *verb, json_t **out, struct err *err) MUST_CHECK;

/* Inside: fork and exec this program with limits; spawn.c. */
struct spawn {
    char *const *argv;    /* argv[0] is ignored */
    const char *log_path; /* standard error; NULL: the agent's own */
    int64_t memory_bytes, cpu_s;
};
/* False in a build with a sanitizer whose shadow memory needs terabytes of
 * address space: memory_bytes is then ignored. */
extern const bool spawn_limits_memory;
enum status spawn_self(const struct spawn *s, pid_t *pid, int *stdout_fd,
    struct err *err) MUST_CHECK;

#endif
