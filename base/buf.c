/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){ .max = max };
}

/* Make room for `len` more bytes and the NUL. */
static enum status
buf_reserve(struct buf *b, size_t len, struct err *err)
{
    size_t need, cap;
    char *p;

    if (len > b->max || b->len > b->max - len)
        return err_set(err, ST_TOO_LARGE, NULL,
            "more than %zu bytes in one buffer", b->max);
    need = b->len + len + 1;
    if (need <= b->cap)
        return ST_OK;
    cap = b->cap < 128 ? 128 : b->cap;
    while (cap < need)
        cap += cap / 2 + 64;
    if ((p = realloc(b->data, cap)) == NULL)
        return err_nomem(err);
    b->data = p;
    b->cap = cap;
    return ST_OK;
}

enum status
buf_add(struct buf *b, const void *data, size_t len, struct err *err)
{
    enum status st;

    if ((st = buf_reserve(b, len, err)) != ST_OK)
        return st;
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
    return ST_OK;
}

enum status
buf_addstr(struct buf *b, const char *s, struct err *err)
{
    return buf_add(b, s, strlen(s), err);
}

enum status
buf_addf(struct buf *b, struct err *err, const char *fmt, ...)
{
    enum status st;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return err_set(err, ST_INTERNAL, NULL, "bad format: %s", fmt);
    if ((st = buf_reserve(b, (size_t)n, err)) != ST_OK)
        return st;
    va_start(ap, fmt);
    vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
    return ST_OK;
}

char *
buf_take(struct buf *b, size_t *len)
{
    char *p = b->data;

    if (len != NULL)
        *len = b->len;
    *b = (struct buf){ .max = b->max };
    return p;
}

void
buf_clear(struct buf *b)
{
    free(b->data);
    *b = (struct buf){ .max = b->max };
}
