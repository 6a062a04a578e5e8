/* SPDX-License-Identifier: MIT */
/*
 * client.h -- the probe's side of the framed protocol (../link): ask a board
 * and get its answer, whatever the line does to single bytes.
 *
 * A request is repeated until its reply comes; the board runs it once.  The
 * client borrows its port and belongs to one thread.
 */
#ifndef OFFRAMP_MCU_CLIENT_H
#define OFFRAMP_MCU_CLIENT_H

#include "probes/link/frame.h"
#include "probes/mcu/port.h"

struct client {
    struct port *port; /* borrowed */
    int tries;         /* how often a request is sent at most */
    int wait_ms;       /* for the reply to one of them */
    uint64_t repeats;  /* requests that were sent again */
    uint64_t stale;    /* replies that nobody waited for: late, or replayed */

    uint16_t seq; /* private from here on */
    struct frame_reader reader;
    char bytes[256]; /* read, and not looked at from `at` on */
    size_t at, n;
};

/* `seq` is best a random number: a board that ran for somebody else before
 * must not take the first request for a repetition. */
void client_init(struct client *c, struct port *port, uint16_t seq);

/*
 * Send `request` and fill `reply` with the answer, whose text starts with
 * "m-".  ST_TIMEOUT (`infra.board_silent`), ST_UNAVAILABLE
 * (`device.rebooted`: the board started anew in between, so what was loaded
 * is gone), ST_UNPROCESSABLE (`device.refused`, with the board's own words),
 * or what the port says.
 */
enum status client_call(struct client *c, const char *request,
    struct frame *reply, struct err *err) MUST_CHECK;

/*
 * The same of a board that may be starting and has nothing loaded: its hello
 * may come late (a busy host), or twice (a reset that was asked for again), and
 * no such order is a reboot.  One that says hello to every try is one, though.
 */
enum status client_greet(struct client *c, const char *request,
    struct frame *reply, struct err *err) MUST_CHECK;

/* Wait until the board says that it is ready; ST_TIMEOUT as above. */
enum status client_await_ready(
    struct client *c, int timeout_ms, struct err *err) MUST_CHECK;

/* Lines that came damaged. */
uint32_t client_lost(const struct client *c);

#endif
