/* SPDX-License-Identifier: MIT */
/*
 * buf.h -- a growing byte buffer with a maximum size given at birth.
 *
 * `data` is always NUL-terminated once anything was added (the NUL is not
 * counted).  An addition past the maximum fails with ST_TOO_LARGE and leaves
 * the buffer as it was.
 */
#ifndef OFFRAMP_BASE_BUF_H
#define OFFRAMP_BASE_BUF_H

#include <stddef.h>

#include "base/status.h"

struct buf {
    char *data; /* owned; NULL while empty */
    size_t len, cap, max;
};

/* An empty buffer that never holds more than `max` bytes. */
void buf_init(struct buf *b, size_t max);

enum status buf_add(
    struct buf *b, const void *data, size_t len, struct err *err) MUST_CHECK;
enum status buf_addstr(
    struct buf *b, const char *s, struct err *err) MUST_CHECK;
enum status buf_addf(struct buf *b, struct err *err, const char *fmt,
    ...) MUST_CHECK PRINTF_LIKE(3, 4);

/* Hand the bytes to the caller, who frees them; the buffer is empty after. */
char *buf_take(struct buf *b, size_t *len);

/* Release everything; may be called twice. */
void buf_clear(struct buf *b);

#endif
