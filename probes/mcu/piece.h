/* SPDX-License-Identifier: MIT */
/*
 * piece.h -- some layers of a network's image as an image of their own, with
 * what they read: so that a board that has no room for the network can still
 * run those of its parts for which there is.
 *
 * The caller owns everything and uses it from one thread; the image, its
 * document and the sample must outlive the struct.
 */
#ifndef OFFRAMP_MCU_PIECE_H
#define OFFRAMP_MCU_PIECE_H

#include <stdbool.h>

#include "base/json.h"
#include "base/status.h"

/* The network here, after one run on the sample. */
struct pieces; /* opaque */

/* `doc` is the image's offramp.image/1, with `ends` and `feeds`.
 * ST_UNPROCESSABLE (`model.image`): the two do not go together. */
enum status pieces_open(struct pieces **out, const void *image, size_t len,
    const uint8_t *sample, const json_t *doc, struct err *err) MUST_CHECK;
void pieces_close(struct pieces *p);

struct piece {
    void *image; /* owned, as is: */
    uint8_t *input;
    size_t len;
    uint32_t n_layers;
};

/* Of the layers for which in[i] is true, at least one.  End with
 * piece_clear(). */
enum status piece_make(const struct pieces *p, const bool *in,
    struct piece *out, struct err *err) MUST_CHECK;
void piece_clear(struct piece *p);

#endif
