/* SPDX-License-Identifier: MIT */
/*
 * peer.h -- how the two ends of a door find each other: the end that opens it
 * tells where as part 0 of its result, and the server gives that to the other
 * end as `peer` of its payload, with the device's name as `to`.
 *
 * Only an agent that was started with --link opens a port (OFFRAMP_LINK in
 * the environment has its address).  One thread.
 */
#ifndef OFFRAMP_TRANSFER_PEER_H
#define OFFRAMP_TRANSFER_PEER_H

#include "probes/agent/task.h"
#include "probes/transfer/tcp.h"

enum { PEER_HOST = 256 };

/* The address of --link; NULL: this agent opens no port. */
const char *peer_own_address(void);

/* Open a door there and tell it.  ST_UNPROCESSABLE "link.closed" without
 * --link; what tcp_listen() says.  The caller ends *out with tcp_close(). */
enum status peer_open_door(
    struct task *t, struct tcp_door **out, struct err *err) MUST_CHECK;

struct peer {
    const char *name;     /* borrowed from the payload, as is the secret */
    char host[PEER_HOST]; /* where the agent reaches its server, if the other
                           * end did not say */
    const char *secret;
    int port;
};

/* The other end, of `peer` and `to` in the payload.  ST_UNPROCESSABLE
 * "link.nobody_there": it waits no more. */
enum status peer_read(
    const struct task *t, struct peer *out, struct err *err) MUST_CHECK;

#endif
