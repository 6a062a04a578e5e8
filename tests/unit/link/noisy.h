/* SPDX-License-Identifier: MIT */
/*
 * noisy.h -- a board in memory at the end of a line that damages bytes: a
 * seeded share of them, in both directions, is flipped, lost or doubled.
 */
#ifndef OFFRAMP_TEST_NOISY_H
#define OFFRAMP_TEST_NOISY_H

#include "base/buf.h"
#include "base/rng.h"
#include "probes/link/responder.h"
#include "probes/mcu/port.h"

struct noisy {
    struct port port;
    struct responder *board; /* borrowed */
    struct buf to_host;
    size_t at;    /* of to_host: read so far */
    double share; /* of bytes that are damaged */
    struct rng rng;
    uint64_t bytes, damaged;
};

void noisy_init(struct noisy *n, struct responder *board, double share);
void noisy_clear(struct noisy *n);

/* Let the board say something by itself. */
void noisy_say(struct noisy *n, const char *line, size_t len);

#endif
