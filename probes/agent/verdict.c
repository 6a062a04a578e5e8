/* SPDX-License-Identifier: MIT */
/* verdict.c -- what the end of a child without a result stands for. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "probes/agent/child.h"

/* The first row that fits: why the agent ended it, the signal that did (0:
 * any end), a word in its log (NULL: any). */
static const struct row {
    enum child_why why;
    int signal;
    const char *log_word, *code, *text;
} rows[] = {
    { CHILD_DEADLINE, 0, NULL, "hung", "was still running at its deadline" },
    { CHILD_LET, SIGXCPU, NULL, "hung", "used up its processor time" },
    { CHILD_LET, SIGKILL, NULL, "out_of_memory",
        "was killed, most likely because memory ran out" },
    { CHILD_LET, SIGABRT, "bad_alloc", "out_of_memory", "ran out of memory" },
    { CHILD_LET, 0, NULL, "crashed", "ended without a result" },
};

static bool
fits(const struct row *r, const struct child_end *end, const char *log)
{
    int sig = WIFSIGNALED(end->wait_status) ? WTERMSIG(end->wait_status) : 0;

    return r->why == end->why && (r->signal == 0 || r->signal == sig) &&
           (r->log_word == NULL || strstr(log, r->log_word) != NULL);
}

static const struct row *
find_row(const struct child_end *end, const char *log)
{
    size_t i = 0, last = sizeof(rows) / sizeof(rows[0]) - 1;

    while (i < last && !fits(&rows[i], end, log))
        i++;
    return &rows[i];
}

enum status
child_verdict(const struct folder *f, const struct child_end *end,
    enum task_class blame, struct err *err)
{
    char log[400], code[64], detail[700], how[64];
    const struct row *r;

    if (folder_finished(f))
        return ST_OK;
    folder_log_tail(f, log, sizeof(log));
    r = find_row(end, log);
    if (WIFSIGNALED(end->wait_status))
        snprintf(how, sizeof(how), "signal %d, SIG%s",
            WTERMSIG(end->wait_status),
            sigabbrev_np(WTERMSIG(end->wait_status)));
    else
        snprintf(
            how, sizeof(how), "exit code %d", WEXITSTATUS(end->wait_status));
    snprintf(code, sizeof(code), "%s.%s", task_class_name(blame), r->code);
    snprintf(detail, sizeof(detail), "task %s %s (%s)%s%s", f->kind, r->text,
        how, log[0] ? "; last words: " : "", log);
    log_warn("%s: %s", code, detail);
    return folder_fail(f, blame, code, detail, err);
}
