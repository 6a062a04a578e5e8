/* SPDX-License-Identifier: MIT */
/*
 * frame.h -- one frame of the line protocol (README.md) to bytes and back.
 *
 * The reader takes bytes one by one and lets only whole, undamaged frames
 * through.  It belongs to one thread; the caller owns all memory.
 */
#ifndef OFFRAMP_LINK_FRAME_H
#define OFFRAMP_LINK_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_DATA = 64,  /* bytes of data in a frame, which are sent as hex */
    FRAME_TEXT = 176, /* room for a command, two numbers and the data */
    FRAME_LINE = 1 + 4 + 1 + FRAME_TEXT + 2 + 8 + 1,
};

#define FRAME_REQUEST '>'
#define FRAME_REPLY   '<'

struct frame {
    char kind; /* FRAME_REQUEST or FRAME_REPLY */
    uint16_t seq;
    uint32_t crc;
    size_t len;
    char text[FRAME_TEXT + 1]; /* printable ASCII without > < * */
};

/* Write `text` as a frame; returns its length, or 0 if it is too long or has
 * a character that a frame cannot carry.  `out` gets no NUL. */
size_t frame_write(
    char out[FRAME_LINE], char kind, uint16_t seq, const char *text);

struct frame_reader {
    char line[FRAME_LINE];
    size_t len;
    bool open;     /* a start was seen and nothing was wrong since */
    uint32_t lost; /* lines that were begun and then dropped */
};

/* Take one byte.  True if it completed a frame, which is then in `out`. */
bool frame_push(struct frame_reader *r, char byte, struct frame *out);

#endif
