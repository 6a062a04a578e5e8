/* SPDX-License-Identifier: MIT */
/*
 * chain.h -- one processor's place in a plan that runs across several: its own
 * stretch, and the line to the processor behind it.
 *
 * The first one has the samples and asks; every other one serves the one
 * before it.  The caller owns a chain and uses it from one thread.
 */
#ifndef OFFRAMP_RELAY_CHAIN_H
#define OFFRAMP_RELAY_CHAIN_H

#include "probes/relay/relay.h"
#include "probes/relay/stretch.h"
#include "probes/transfer/peer.h"

struct chain {
    struct task *task;
    const char *what; /* borrowed: the digest that all its ends name */
    int64_t at, length;
    int64_t wait_s, answer_s;
    struct stretch *stretch;
    struct relay_line *next; /* NULL: the last one */
    void *comes, *goes; /* owned: tensors that come, a parcel that goes, where
                         * they cross in other numbers; else NULL */
};

/* Open what the payload says: the stretch, and the line to the peer.  Failures
 * of stretch_open(), peer_read() and relay_open(); end it with chain_close()
 * in every case. */
enum status chain_open(
    struct chain *c, struct task *t, struct err *err) MUST_CHECK;
void chain_close(struct chain *c);

/* Run a sample here, and behind this processor if it does not leave.  hop[0]
 * of the answer is this processor; its within_ns is what it took by a clock of
 * its own, NaN where it has none: by the caller's is left to the caller. */
enum status chain_run(struct chain *c, const void *in, struct relay_answer *out,
    struct err *err) MUST_CHECK;

/* Open a door, tell it, and serve the processor before this one until it is
 * done; *served counts in every case. */
enum status chain_serve(
    struct chain *c, int64_t *served, struct err *err) MUST_CHECK;

#endif
