/* SPDX-License-Identifier: MIT */
/*
 * noisy.h -- a board in memory at the end of a line that damages bytes: a
 * seeded share of them, in both directions, is flipped, lost or doubled.  Or
 * that does one thing to each third answer.
 */
#ifndef OFFRAMP_TEST_NOISY_H
#define OFFRAMP_TEST_NOISY_H

#include "base/buf.h"
#include "base/rng.h"
#include "probes/link/responder.h"
#include "probes/mcu/port.h"

enum noisy_fault {
    NOISY_NONE,
    NOISY_TRUNCATED, /* only its first half comes */
    NOISY_REPLAYED,  /* the one before comes again, then this one twice */
    NOISY_WRONG_CRC,
    NOISY_DEAF, /* no answer at all comes, nor a hello */
};

struct noisy {
    struct port port;
    struct responder *board; /* borrowed */
    struct buf to_host;
    size_t at;    /* of to_host: read so far */
    double share; /* of bytes that are damaged */
    struct rng rng;
    uint64_t bytes, damaged;
    enum noisy_fault fault;
    uint64_t answers;
    char before[FRAME_LINE]; /* the answer before */
    size_t n_before;
};

void noisy_init(struct noisy *n, struct responder *board, double share);
void noisy_clear(struct noisy *n);

/* Let the board say something by itself. */
void noisy_say(struct noisy *n, const char *line, size_t len);

#endif
