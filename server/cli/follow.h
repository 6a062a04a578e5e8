/* SPDX-License-Identifier: MIT */
/*
 * follow.h -- wait for something on the server with long polls, showing its
 * progress: a bar on a terminal, a line a phase elsewhere.
 */
#ifndef OFFRAMP_CLI_FOLLOW_H
#define OFFRAMP_CLI_FOLLOW_H

#include "server/cli/client.h"

/*
 * Follow `path` ("/v1/jobs/7") until its `state` is one of done, ready,
 * failed, rejected, cancelled.  `title` stands before the bar.  *out is the
 * last document, owned by the caller.  A state that is not done or ready is
 * an error that carries the document's own code and detail.
 */
enum status follow(struct client *c, const char *path, const char *title,
    json_t **out, struct err *err) MUST_CHECK;

#endif
