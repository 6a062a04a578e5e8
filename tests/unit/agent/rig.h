/* SPDX-License-Identifier: MIT */
/*
 * rig.h -- an agent of our own, a stub server and a spool folder.
 *
 * The test program is the agent as well: its main() hands arguments to
 * agent_main().  Helpers assert: a failure ends the test.
 */
#ifndef OFFRAMP_TEST_AGENT_RIG_H
#define OFFRAMP_TEST_AGENT_RIG_H

#include <stdbool.h>
#include <sys/types.h>

#include "unit/agent/stub.h"

struct rig {
    char spool[64];
    struct stub *stub;
    pid_t pid; /* of the agent; 0: none runs */
};

/* cmocka's setup and teardown: *state is the struct rig. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* This program again, as the agent. */
pid_t rig_start_agent(const struct rig *x);

/* Wait for the end of a process. */
void rig_wait_gone(pid_t pid);

/* Signal the agent and wait for its end; its wait status. */
int rig_stop_agent(struct rig *x, int sig);

/* A new lease: its blobs and payload name `blob` (NULL: none). */
json_t *rig_lease(int id, const char *kind, const char *blob);

/* A text member, or "". */
const char *rig_text_of(const json_t *doc, const char *name);

/* Is the folder of that lease there? */
bool rig_has_folder(const struct rig *x, int id);

#endif
