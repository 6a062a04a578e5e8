/* SPDX-License-Identifier: MIT */
/*
 * far.h -- what a policy hands over, really handed over: the tensors behind
 * the chosen exit go to another probe (../relay), which has the same parts of
 * the network, runs what is left and sends back what the last exit said.
 *
 * A sample on the line is the exit's number (64 bits, little endian) and the
 * tensors of runner_border(), one after the other.  Each end belongs to one
 * thread.
 */
#ifndef OFFRAMP_LIVE_FAR_H
#define OFFRAMP_LIVE_FAR_H

#include "base/hash.h"
#include "base/json.h"
#include "probes/live/live.h"
#include "probes/relay/relay.h"

/* What both ends must have in common: the digest of the exits' parts. */
enum status far_what(
    const json_t *exits, char what[HASH_HEX], struct err *err) MUST_CHECK;

/* Bytes that go over behind each exit, the number in front included, in
 * bytes[stages - 1]; *most is the largest.  Failures of runner_border(). */
enum status far_bytes(const struct runner *r, size_t *bytes, size_t *most,
    struct err *err) MUST_CHECK;

struct far; /* opaque: the asking end */

/* Come to the end that serves.  Failures of relay_open(); ST_NOMEM.  The
 * caller ends *out with far_close(), after the last use of far_other(). */
enum status far_open(struct far **out, struct runner *r,
    const struct relay_peer *peer, struct err *err) MUST_CHECK;
struct live_other far_other(struct far *f);
void far_close(struct far *f);

/* Serve one asker until it is done.  Failures of relay_serve(). */
struct far_service {
    struct runner *runner; /* borrowed, as are: */
    const char *what;
    int wait_ms;
    void (*tick)(void *ctx, int64_t served);
    void *ctx;
};
enum status far_serve(struct tcp_door *door, const struct far_service *s,
    int64_t *served, struct err *err) MUST_CHECK;

#endif
