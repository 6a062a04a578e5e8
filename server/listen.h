/* SPDX-License-Identifier: MIT */
/* listen.h -- the socket that offrampd listens on. */
#ifndef OFFRAMP_SERVER_LISTEN_H
#define OFFRAMP_SERVER_LISTEN_H

#include <stdbool.h>

#include "base/status.h"

struct endpoint {
    int fd;        /* owned by the caller */
    bool loopback; /* reachable from this machine only */
    char url[80];  /* "http://127.0.0.1:8080", with the port in use */
};

/* Listen on "HOST:PORT" ("[::1]:8080"; port 0: any).  ST_INVALID
 * "listen.address"; ST_UNAVAILABLE "listen.in_use". */
enum status listen_open(
    const char *where, struct endpoint *out, struct err *err) MUST_CHECK;

#endif
