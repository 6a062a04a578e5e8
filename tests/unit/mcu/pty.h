/* SPDX-License-Identifier: MIT */
/* pty.h -- a board at the other end of a pseudo terminal: a process of its
 * own that runs the firmware's commands. */
#ifndef OFFRAMP_TEST_PTY_H
#define OFFRAMP_TEST_PTY_H

#include <sys/types.h>

#include "probes/firmware/device.h"

struct pty {
    char path[64];     /* of the line, for serial_open() */
    int master, slave; /* ours of the slave: the line lives while it is open */
    pid_t board;
};

/*
 * Start one with `board` (copied; without a pool it gets 1 MiB).  `hear` (may
 * be NULL) is called there with each byte that comes, and `say` with the
 * length of each line that goes.
 */
void pty_start(struct pty *p, const struct device_board *board,
    void (*hear)(char byte), void (*say)(size_t len));
void pty_end(struct pty *p);

#endif
