/* SPDX-License-Identifier: MIT */
/*
 * golden_image.h -- the golden kernels of a board: a small network of seeded
 * int8 numbers, the same for ever, whose layers show whether a board is still
 * what it was.
 */
#ifndef OFFRAMP_MCU_GOLDEN_IMAGE_H
#define OFFRAMP_MCU_GOLDEN_IMAGE_H

#include "probes/mcu/parts.h"

struct golden_image {
    void *image; /* owned, as is the input */
    uint8_t *input;
    size_t len;
};

/* Failures: ST_NOMEM. */
enum status golden_image_make(
    struct golden_image *g, struct err *err) MUST_CHECK;
void golden_image_clear(struct golden_image *g);

/* Its kernels as parts (role sentinel), with room for `rounds`. */
enum status golden_image_parts(
    struct parts *out, size_t rounds, struct err *err) MUST_CHECK;

#endif
