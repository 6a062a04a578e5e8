/* SPDX-License-Identifier: MIT */
#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/plain.h"

static const struct {
    int http;
    const char *code, *title;
} rows[] = {
#define X(name, http, code, title) [name] = { http, code, title },
    STATUS_MAP(X)
#undef X
};

int
status_http(enum status st)
{
    return rows[st].http;
}

const char *
status_code(enum status st)
{
    return rows[st].code;
}

const char *
status_title(enum status st)
{
    return rows[st].title;
}

enum status
err_set(struct err *err, enum status st, const char *code, const char *fmt, ...)
{
    va_list ap;

    if (err == NULL || err->status != ST_OK)
        return st;
    err->status = st;
    snprintf(err->code, sizeof(err->code), "%s", code ? code : rows[st].code);
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    plain_mend(err->text); /* it may quote a stranger's name */
    return st;
}

enum status
err_nomem(struct err *err)
{
    return err_set(err, ST_NOMEM, NULL, "out of memory");
}

enum status
status_of_errno(int e)
{
    switch (e) {
    case ENOMEM:
        return ST_NOMEM;
    case ENOSPC:
    case EDQUOT:
        return ST_FULL;
    case EROFS:
        return ST_READ_ONLY;
    default:
        return ST_IO;
    }
}

enum status
err_errno(struct err *err, const char *what)
{
    int e = errno;

    return err_set(err, status_of_errno(e), NULL, "%s: %s", what, strerror(e));
}

void
err_clear(struct err *err)
{
    if (err != NULL)
        *err = (struct err){ 0 };
}
