/* SPDX-License-Identifier: MIT */
/*
 * tcp.h -- the two ends of a measured TCP link.
 *
 * One end listens and answers, the other asks and takes the time (sweep.h).
 * The answering end opens a port for one measurement only, on the address it
 * was told, and talks to nobody who does not show the secret of that
 * measurement.  On the line, after "offramp-link/2 SECRET\n" and "ok PLACE\n":
 * messages of message.h.
 *
 * Each end belongs to one thread; nothing waits for longer than it was told.
 */
#ifndef OFFRAMP_TRANSFER_TCP_H
#define OFFRAMP_TRANSFER_TCP_H

#include "probes/transfer/sweep.h"

enum { TCP_MESSAGE_MAX = 64 << 20, TCP_SECRET = 65 };
enum { TCP_WORK_MAX_NS = 100000000 };

/* Where the other end runs, seen from here.  Flags: one_machine; that and
 * shared_core. */
enum tcp_place {
    TCP_ELSEWHERE, /* on another machine, or nobody can tell */
    TCP_ONE_MACHINE,
    TCP_ONE_CORE, /* both are pinned to the same one */
};

struct tcp_door; /* opaque: a listening socket and its secret */

/* Listen on any free port of `host`.  ST_UNAVAILABLE (code "link.address")
 * where that is no address of this machine.  Ended with tcp_close(). */
enum status tcp_listen(
    struct tcp_door **out, const char *host, struct err *err) MUST_CHECK;
void tcp_close(struct tcp_door *d);

int tcp_port(const struct tcp_door *d);
const char *tcp_secret(const struct tcp_door *d);

/* For who says other things over a door (../relay): let in one visitor who
 * shows the secret, turning all others away.  The caller closes *fd.
 * ST_TIMEOUT as tcp_answer(). */
enum status tcp_admit(
    struct tcp_door *d, int wait_ms, int *fd, struct err *err) MUST_CHECK;

/* Answer until a visitor says it is done; one that breaks off may come
 * again.  *exchanges counts.  ST_TIMEOUT (code "link.nobody_came") where
 * nobody was there for `wait_ms`. */
enum status tcp_answer(struct tcp_door *d, int wait_ms, int64_t *exchanges,
    struct err *err) MUST_CHECK;

/* Come to a door and show the secret; the caller closes *fd.  *place is where
 * its end runs.  Failures as tcp_visit(). */
enum status tcp_dial(int *fd, enum tcp_place *place, const char *host, int port,
    const char *secret, struct err *err) MUST_CHECK;

struct tcp_line; /* opaque: a connection */

/* Visit.  ST_UNAVAILABLE: "link.unreachable" (the text says which host and
 * port, and what to do), "link.refused" (not the secret). */
enum status tcp_visit(struct tcp_line **out, const char *host, int port,
    const char *secret, struct err *err) MUST_CHECK;

/* Its exchanges, borrowed; before each message its end works for work_ns, up
 * to TCP_WORK_MAX_NS, which is in no time (0: messages come back to back).
 * They fail with ST_UNAVAILABLE "link.broken". */
struct exchange tcp_exchange(struct tcp_line *l, int64_t work_ns);

enum tcp_place tcp_place(const struct tcp_line *l);
int64_t tcp_place_flags(enum tcp_place p);

/* Say that it is done, and close.  NULL is ignored. */
void tcp_leave(struct tcp_line *l);

#endif
