/* SPDX-License-Identifier: MIT */
/*
 * config.h -- what the command line told the agent; read-only once the loop
 * runs, so every thread may look.  Strings are borrowed from main.
 */
#ifndef OFFRAMP_AGENT_CONFIG_H
#define OFFRAMP_AGENT_CONFIG_H

#include "base/json.h"
#include "probes/agent/agent.h"
#include "probes/agent/stop.h"

struct agent_config {
    const struct agent_program *program;
    const char *server, *token, *id;
    const char *spool;    /* folder; exists */
    json_t *devices;      /* [{name, labels}]; empty for a worker */
    json_t *labels;       /* {..} */
    int64_t cache_bytes;  /* blobs kept on disk */
    int64_t memory_bytes; /* address space of a task; 0: no limit */
    bool once;            /* end after one task */
    const struct stop *stop;
};

#endif
