/* SPDX-License-Identifier: MIT */
/*
 * blobs.h -- the agent's disk cache of blobs, SPOOL/blobs/{hex}.
 *
 * A file there is complete and was what its name says when it came; it is
 * checked again each time a task gets it.  The least recently used ones go
 * when the cache is over its size.  One thread.
 */
#ifndef OFFRAMP_AGENT_BLOBS_H
#define OFFRAMP_AGENT_BLOBS_H

#include "base/rest.h"
#include "base/status.h"
#include "probes/agent/folder.h"
#include "probes/agent/stop.h"

struct blobs {
    const char *spool;       /* borrowed */
    int64_t max_bytes;       /* at least the blobs of one task are kept */
    struct rest *rest;       /* borrowed */
    const struct stop *stop; /* ends calls early; NULL: they run on */
};

/*
 * Put every blob that the lease names into the task's folder, from the cache
 * or the server.  ST_CORRUPT (code "infra.blob_corrupt") where what came does
 * not hash to its name, ST_NOT_FOUND where the server has it not, and the
 * failures of rest_do().
 */
enum status blobs_bring(
    const struct blobs *b, const struct folder *f, struct err *err) MUST_CHECK;

/* Hand a file of the task to the server, unless it has it. */
enum status blobs_send(const struct blobs *b, const char *path, const char *hex,
    struct err *err) MUST_CHECK;

#endif
