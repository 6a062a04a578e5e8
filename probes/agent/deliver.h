/* SPDX-License-Identifier: MIT */
/*
 * deliver.h -- from a task folder to the server: parts, files, the result.
 *
 * One thread.  Transport failures are returned and nothing is lost: the
 * folder stays as it was and the call is made again.
 */
#ifndef OFFRAMP_AGENT_DELIVER_H
#define OFFRAMP_AGENT_DELIVER_H

#include "probes/agent/blobs.h"
#include "probes/agent/folder.h"

/* Send the parts that were not sent yet; each goes away once the server has
 * it, or does not want it. */
enum status deliver_parts(
    const struct blobs *b, const struct folder *f, struct err *err) MUST_CHECK;

/*
 * Send a finished folder and remove it: parts, then files, then the result.
 * 201 and 200 are success; 409, 410 and 404 mean that the server wants no
 * result of this lease (any more), so it is dropped.  Where the server calls a
 * file or the result malformed, a failure of class infra goes in its place.
 */
enum status deliver_result(
    const struct blobs *b, const struct folder *f, struct err *err) MUST_CHECK;

/* Give the lease of an unfinished folder back, and remove it. */
enum status deliver_release(
    const struct blobs *b, const struct folder *f, struct err *err) MUST_CHECK;

#endif
