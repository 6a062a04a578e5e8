/* SPDX-License-Identifier: MIT */
/*
 * wire.h -- the frames of a relay (relay.h) on a connected socket.  Private to
 * this folder.
 *
 *     magic u32, kind u32, number u64, bytes u64, then that many bytes
 *
 * All little endian.  Nothing is read beyond the limit that the reader gives.
 */
#ifndef OFFRAMP_RELAY_WIRE_H
#define OFFRAMP_RELAY_WIRE_H

#include "probes/relay/relay.h"

enum wire_kind {
    WIRE_OPEN = 1, /* what the asker wants: bytes_in u64, `what` */
    WIRE_READY,    /* the peer does that */
    WIRE_SAMPLE,   /* tensors, one after the other */
    WIRE_ANSWER,   /* wire_pack() */
    WIRE_FAIL,     /* status u32, code, NUL, text */
    WIRE_END,      /* the asker is done */
};

enum {
    WIRE_TEXT_MAX = 1024, /* of a WIRE_FAIL */
    WIRE_ANSWER_MAX = 40 + 24 * RELAY_HOPS_MAX + 4 * RELAY_VALUES_MAX,
};

struct wire_frame {
    enum wire_kind kind;
    uint64_t number;
    size_t bytes;
};

/* How reading ended. */
enum wire_end { WIRE_DONE, WIRE_CLOSED, WIRE_SILENT, WIRE_BROKEN };

bool wire_send(int fd, enum wire_kind kind, uint64_t number, const void *data,
    size_t bytes);

/* A frame of at most `max` bytes into `data`.  WIRE_BROKEN: it is none, or
 * larger. */
enum wire_end wire_receive(
    int fd, struct wire_frame *f, void *data, size_t max);

/* An answer as bytes, in `out` of WIRE_ANSWER_MAX; and back, where `values` has
 * room for RELAY_VALUES_MAX.  False: it is none. */
size_t wire_pack(const struct relay_answer *a, uint8_t *out);
bool wire_unpack(
    const uint8_t *in, size_t bytes, struct relay_answer *a, float *values);

/* A failure, packed for the other end, and read there: *err gets the code, and
 * the text with the peer's name before it.  Returns the status. */
bool wire_send_failure(
    int fd, uint64_t number, enum status st, const struct err *err);
enum status wire_failure(
    const uint8_t *in, size_t bytes, const char *peer, struct err *err);

#endif
