/* SPDX-License-Identifier: MIT */
/*
 * coding.h -- ways to send a tensor of float32 with fewer bytes: 16 or 8 bits
 * a number, LZ4 or Zstandard (level 1), or both.
 *
 * Pure: no I/O, no clock.  Buffers are the caller's; several threads may code
 * with buffers of their own.  What a library that was not there at the build
 * would do is not in the table.
 */
#ifndef OFFRAMP_SEARCH_CODING_H
#define OFFRAMP_SEARCH_CODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum coding_number {
    CODING_F4, /* as it is */
    CODING_F2, /* IEEE half precision */
    CODING_U1, /* 256 steps from the tensor's least number to its greatest */
};
enum coding_codec { CODING_STORE, CODING_LZ4, CODING_ZSTD };

struct coding {
    const char *name;
    enum coding_number number;
    enum coding_codec codec;
};

/* Ends with a NULL name; at most seven. */
extern const struct coding codings[];

/* Does every tensor come out as it went in, to the bit? */
bool coding_is_lossless(const struct coding *c);

/* Bytes that coding n numbers may need, of output and of scratch each. */
size_t coding_room(const struct coding *c, size_t n);

/* `out` and `scratch` have coding_room() bytes.  ST_UNPROCESSABLE
 * "coding.failed". */
enum status coding_encode(const struct coding *c, const float *x, size_t n,
    void *scratch, void *out, size_t *bytes, struct err *err) MUST_CHECK;

/* The same n numbers again, or near ones.  ST_UNPROCESSABLE for bytes that
 * are none of coding_encode(). */
enum status coding_decode(const struct coding *c, const void *in, size_t bytes,
    void *scratch, float *x, size_t n, struct err *err) MUST_CHECK;

#endif
