/* SPDX-License-Identifier: MIT */
/*
 * agent.h -- a program that leases tasks and runs them: offramp-probe and
 * offramp-worker are this main with other tables.
 */
#ifndef OFFRAMP_AGENT_AGENT_H
#define OFFRAMP_AGENT_AGENT_H

#include <stdbool.h>

#include "probes/agent/task.h"

struct agent_program {
    const char *name;    /* "offramp-probe" */
    const char *summary; /* for --help and the man page */
    const char *details;
    const char *suffix; /* of the default id: "{host}{suffix}" */
    const struct task_kind *const *kinds; /* ended by NULL */
    /* What the `env` verb prints: {"stable":{..},"env_fingerprint":hex}, on
     * ST_OK a new object.  NULL: a program without devices. */
    enum status (*env)(json_t **out, struct err *err);
    /* What the `boards` verb prints: {NAME:{"labels","env","env_fingerprint"}}
     * of the boards that --board named.  Set where `env` is. */
    enum status (*boards)(json_t **out, struct err *err);
};

/*
 * The whole program: options, the loop (no verb), and the verbs `run-task
 * DIR`, `env`, `boards` and `man`.  Returns the exit code.
 */
int agent_main(const struct agent_program *program, int argc, char **argv);

#endif
