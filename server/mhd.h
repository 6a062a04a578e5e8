/* SPDX-License-Identifier: MIT */
/*
 * mhd.h -- the HTTP server: libmicrohttpd with epoll and a few threads.
 * mhd.c is its only user; everything behind it is http.h.
 */
#ifndef OFFRAMP_SERVER_MHD_H
#define OFFRAMP_SERVER_MHD_H

#include "base/status.h"

struct mhd; /* opaque: see mhd.c */
struct server;

/* Serve on a listening socket, which is taken over on ST_OK.  `server` must
 * outlive it.  On ST_OK the caller ends *out with mhd_stop(). */
enum status mhd_start(struct mhd **out, struct server *server, int listen_fd,
    struct err *err) MUST_CHECK;

/* Accept nothing more, answer the long polls, let running requests end (a few
 * seconds), stop.  NULL is ignored. */
void mhd_stop(struct mhd *m);

#endif
