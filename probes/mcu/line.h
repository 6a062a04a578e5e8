/* SPDX-License-Identifier: MIT */
/*
 * line.h -- the line to a board as a link: messages there and back, in the
 * frames that tensors go in (`in`, `read`), on a board with a network on it.
 *
 * "Forward" is from the board to its host, since the board is the device that
 * a link is named after.  The caller owns the struct; one thread.
 */
#ifndef OFFRAMP_MCU_LINE_H
#define OFFRAMP_MCU_LINE_H

#include <jansson.h>

#include "probes/mcu/board.h"
#include "probes/transfer/sweep.h"

struct board_line {
    struct board *board; /* borrowed */
    uint32_t in, bytes;  /* the network's input in the arena */
    struct port counted; /* between the client and the board's port */
    struct port *port;   /* that one */
    uint64_t on_line;    /* bytes written and read so far */
};

/* Put it between: until board_line_end() the client talks through it. */
void board_line_begin(
    struct board_line *l, struct board *b, const struct nn_image *image);
void board_line_end(struct board_line *l);

/* The seam for sweeps; borrows the line. */
struct exchange board_line_exchange(struct board_line *l);

/*
 * What an emulated line can tell: of each size, the bytes on the line for an
 * exchange, and no time.  *out is a new object in the form of a measured way
 * (report.h); `forward` is the way from the board.
 */
enum status board_line_count(struct board_line *l, bool forward,
    size_t max_bytes, json_t **out, struct err *err) MUST_CHECK;

#endif
